/** Literals with the type that the language gives them, where Flink would choose a narrower one. */
import type { Literal, Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { text } from './quote.ts'
import { sqlType } from './types.ts'

/** Flink takes 'a' for a CHAR(1), so that UPPER('ß') is 'S', and 5 for an INT, which wraps: both need their real type. */
export function literal(value: Literal, type: Type): Sql {
  return value.kind === 'string' || value.kind === 'integer'
    ? sql`CAST(${bareLiteral(value)} AS ${sqlType(type)})`
    : bareLiteral(value)
}

/** Where it is only compared, the narrower type compares the same. */
export function bareLiteral(value: Literal): Sql {
  switch (value.kind) {
    case 'string':
      return text(value.text)
    case 'boolean':
      return value.value ? sql`TRUE` : sql`FALSE`
    case 'integer':
      return sql`${value.value}`
    case 'double':
      return double(value.value)
    case 'decimal':
      return value.digits as Sql
  }
}

/** With an exponent, else it would be a DECIMAL; the shortest digits that give the same double back. */
function double(value: number): Sql {
  const digits = String(value)
  return (digits.includes('e') ? digits.replace('e+', 'E').replace('e', 'E') : digits + 'E0') as Sql
}
