/** Constants of pipeline.yaml with a type that ksqlDB does not guess. */
import type { Literal, Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { string } from './quoting.ts'
import { valueType } from './types.ts'

/** As a value of exactly that type: ksqlDB takes small whole numbers for 32 bit and `1.5` for a decimal. */
export function typedLiteral(literal: Literal, type: Type): Sql {
  switch (literal.kind) {
    case 'integer':
      return isInt(literal.value) ? sql`CAST(${literal.value} AS ${valueType(type)})` : sql`${literal.value}`
    case 'decimal':
      // As text, because the server writes 0.0000001 to its log as 1E-7 and reads that back as a double.
      return sql`CAST(${string(literal.digits)} AS ${valueType(type)})`
    default:
      return bareLiteral(literal, type)
  }
}

/** Beside an operand that has the type already. */
export function bareLiteral(literal: Literal, type: Type): Sql {
  switch (literal.kind) {
    case 'string':
      return string(literal.text)
    case 'boolean':
      return literal.value ? sql`TRUE` : sql`FALSE`
    case 'integer':
      return sql`${literal.value}`
    case 'double':
      return doubleLiteral(literal.value)
    case 'decimal':
      return typedLiteral(literal, type)
  }
}

function isInt(value: bigint): boolean {
  return BigInt.asIntN(32, value) === value
}

/** Only with an exponent is a number a double. */
function doubleLiteral(value: number): Sql {
  return value.toExponential().replace('e+', 'E').replace('e', 'E') as Sql
}
