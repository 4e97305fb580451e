/** The columns of an output row as Pinot stores them. */
import type { Field, Json, Metric, Type, TypeKind } from '../../ir.ts'

export type DataType = 'STRING' | 'BOOLEAN' | 'LONG' | 'DOUBLE' | 'BIG_DECIMAL'

/** Timestamps reach output rows as epoch milliseconds; an int is LONG, so that the value that stands for null is not one of its own. */
const dataTypes = {
  string: 'STRING',
  boolean: 'BOOLEAN',
  int: 'LONG',
  bigint: 'LONG',
  double: 'DOUBLE',
  decimal: 'BIG_DECIMAL',
  timestamp: 'LONG',
} as const satisfies Record<TypeKind, DataType>

/**
 * Part of the primary key, where Pinot compares the value that stands for null: it must be none that a row can have.
 * BOOLEAN has only two, so such a field is kept as the texts `true` and `false`.
 */
export function keyColumn({ name, type }: Field): Json {
  const dataType = type.kind === 'boolean' ? 'STRING' : dataTypes[type.kind]
  return { name, dataType, ...lengthOf(dataType), ...standsForNull(type) }
}

/** LONG's own is -2^63 and a text's is "null", which is a likely value; BIG_DECIMAL's is 0. */
function standsForNull({ kind }: Type): { readonly [key: string]: Json } {
  if (kind === 'string') return { defaultNullValue: '\u2400' }
  return kind === 'decimal' ? { defaultNullValue: '-1E+38' } : {}
}

/** Longer texts would be cut off silently, at 512 characters by default. */
function lengthOf(dataType: DataType): { readonly [key: string]: Json } {
  return dataType === 'STRING' ? { maxLength: 2_147_483_647 } : {}
}

/** Pinot's metric columns hold numbers only; `min` of a string is a dimension to it. */
export function isNumber({ kind }: Type): boolean {
  return dataTypes[kind] !== 'STRING' && dataTypes[kind] !== 'BOOLEAN'
}

export function metricColumn({ name, type }: Metric): Json {
  const dataType = dataTypes[type.kind]
  return { name, dataType, ...lengthOf(dataType) }
}

/** A bound of the window, in epoch milliseconds. */
export function timeColumn(name: string): Json {
  return { name, dataType: 'LONG', format: '1:MILLISECONDS:EPOCH', granularity: '1:MILLISECONDS' }
}
