/** DuckDB's names for types. Timestamps are epoch milliseconds from the moment they are read. */
import type { Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'

const names = {
  string: () => sql`VARCHAR`,
  boolean: () => sql`BOOLEAN`,
  int: () => sql`INTEGER`,
  bigint: () => sql`BIGINT`,
  double: () => sql`DOUBLE`,
  decimal: ({ precision, scale }) => sql`DECIMAL(${precision}, ${scale})`,
  timestamp: () => sql`BIGINT`,
} satisfies { [K in Type['kind']]: (type: Extract<Type, { kind: K }>) => Sql }

export function typeName(type: Type): Sql {
  return type.kind === 'decimal' ? names.decimal(type) : names[type.kind]()
}
