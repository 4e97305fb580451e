/** Types as words, and what two types have in common. */
import type { Type, Value } from '../ir.ts'

export const string: Type = { kind: 'string' }
export const boolean: Type = { kind: 'boolean' }
export const int: Type = { kind: 'int' }
export const bigint: Type = { kind: 'bigint' }
export const double: Type = { kind: 'double' }
export const timestamp: Type = { kind: 'timestamp' }

export const maximumPrecision = 38

export function decimal(precision: number, scale: number): Type {
  return { kind: 'decimal', precision, scale }
}

/** As pipeline.yaml writes it: `decimal(10,2)`. */
export function typeName(type: Type): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind
}

export function sameType(a: Type, b: Type): boolean {
  return typeName(a) === typeName(b)
}

export function isInteger(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'bigint'
}

export function isNumeric(type: Type): boolean {
  return isInteger(type) || type.kind === 'double' || type.kind === 'decimal'
}

/** The decimal that holds every value of an integer type: 10 digits for int, 19 for bigint. */
export function asDecimal(type: Type): Extract<Type, { kind: 'decimal' }> {
  if (type.kind === 'decimal') return type
  return { kind: 'decimal', precision: type.kind === 'int' ? 10 : 19, scale: 0 }
}

/** The narrowest type that both convert to without loss (a double may lose digits, as everywhere in SQL), or null. */
export function commonType(a: Type, b: Type): Type | null {
  if (sameType(a, b)) return a
  if (!isNumeric(a) || !isNumeric(b)) return null
  if (a.kind === 'double' || b.kind === 'double') return double
  if (isInteger(a) && isInteger(b)) return bigint
  return widerDecimal(asDecimal(a), asDecimal(b))
}

function widerDecimal(a: Extract<Type, { kind: 'decimal' }>, b: Extract<Type, { kind: 'decimal' }>): Type {
  const scale = Math.max(a.scale, b.scale)
  return decimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
}

/** Of decimal + and -: one digit more before the point, as Flink, Spark, DuckDB and ksqlDB compute it. */
export function sumType(a: Type, b: Type): Extract<Type, { kind: 'decimal' }> {
  const left = asDecimal(a)
  const right = asDecimal(b)
  const scale = Math.max(left.scale, right.scale)
  const precision = Math.max(left.precision - left.scale, right.precision - right.scale) + scale + 1
  return { kind: 'decimal', precision, scale }
}

/** How a value and its type read in a message: `"status" (string)`. */
export function described(value: Value): string {
  return value.kind === 'field' ? `"${value.name}" (${typeName(value.type)})` : typeName(value.type)
}
