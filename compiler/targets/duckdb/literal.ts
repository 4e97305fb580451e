/** Literals, typed by how they are written: DuckDB takes `5` for an INTEGER and `1.5` for a DECIMAL. */
import type { Value } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { number, string } from './quote.ts'
import { typeName } from './types.ts'

type LiteralValue = Extract<Value, { kind: 'literal' }>

export function literal(value: LiteralValue): Sql {
  const { literal } = value
  if (literal.kind === 'integer') return sql`CAST(${bareLiteral(value)} AS BIGINT)`
  if (literal.kind !== 'decimal') return bareLiteral(value)
  // From text, because a literal of many digits is a DOUBLE or a HUGEINT.
  return sql`TRY_CAST(${string(literal.digits)} AS ${typeName(value.type)})`
}

/** Beside another operand, whose type decides. */
export function bareLiteral(value: LiteralValue): Sql {
  const { literal } = value
  switch (literal.kind) {
    case 'string':
      return string(literal.text)
    case 'boolean':
      return literal.value ? sql`true` : sql`false`
    case 'integer':
      return number(String(literal.value))
    case 'double':
      return double(literal.value)
    case 'decimal':
      return /^-?[0-9]{1,17}$/.test(literal.digits.replace('.', ''))
        ? number(literal.digits)
        : sql`TRY_CAST(${string(literal.digits)} AS ${typeName(value.type)})`
  }
}

/** An exponent makes it a DOUBLE. JavaScript writes the shortest digits that read back as the same number. */
function double(value: number): Sql {
  const text = Object.is(value, -0) ? '-0' : String(value)
  return number(text.includes('e') ? text : `${text}e0`)
}
