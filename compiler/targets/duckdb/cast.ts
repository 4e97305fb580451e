/** The conversions of `expression/casts.ts`. DuckDB's own also round "-3.7" and take "1e2" for a whole number. */
import type { Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { string } from './quote.ts'
import { typeName } from './types.ts'

const wholeNumber = string('[+-]?[0-9]+')
const plainNumber = string('[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?')

export function cast(operand: Sql, from: Type, to: Type): Sql {
  if (from.kind === 'string') return fromText(operand, to)
  if (from.kind === 'double') return fromDouble(operand)
  if (to.kind === 'decimal') return sql`TRY_CAST(${operand} AS ${typeName(to)})`
  // By way of text: a decimal's digits divided by a power of ten are rounded twice.
  if (from.kind === 'decimal') return sql`CAST(CAST(${operand} AS VARCHAR) AS DOUBLE)`
  return sql`CAST(${operand} AS ${typeName(to)})`
}

function fromText(operand: Sql, to: Type): Sql {
  const shape = to.kind === 'bigint' ? wholeNumber : plainNumber
  return sql`CASE WHEN regexp_full_match(${operand}, ${shape}) THEN TRY_CAST(${operand} AS ${typeName(to)}) END`
}

/** Beyond ±2^53 a double stands for more than one whole number. */
function fromDouble(operand: Sql): Sql {
  return sql`CASE WHEN abs(${operand}) <= 9007199254740992 THEN CAST(trunc(${operand}) AS BIGINT) END`
}
