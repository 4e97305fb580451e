/** What each type of the language is called in Flink SQL. */
import type { Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'

type TypeTable = { readonly [K in Type['kind']]: (type: Extract<Type, { kind: K }>) => Sql }

/** A timestamp is a number of milliseconds wherever it is a value: see `columns.ts` for the one that is the clock. */
const types = {
  string: () => sql`STRING`,
  boolean: () => sql`BOOLEAN`,
  int: () => sql`INT`,
  bigint: () => sql`BIGINT`,
  double: () => sql`DOUBLE`,
  decimal: ({ precision, scale }) => sql`DECIMAL(${precision}, ${scale})`,
  timestamp: () => sql`BIGINT`,
} satisfies TypeTable

export function sqlType(type: Type): Sql {
  return (types[type.kind] as (type: Type) => Sql)(type)
}
