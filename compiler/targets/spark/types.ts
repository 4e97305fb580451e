/** Spark's names for types: as a record's JSON is read, and as columns. */
import type { TimeFormat, Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'

const columnTypes = {
  string: () => sql`STRING`,
  boolean: () => sql`BOOLEAN`,
  int: () => sql`INT`,
  bigint: () => sql`BIGINT`,
  double: () => sql`DOUBLE`,
  decimal: ({ precision, scale }) => sql`DECIMAL(${precision}, ${scale})`,
  timestamp: () => sql`TIMESTAMP`,
} satisfies { [K in Type['kind']]: (type: Extract<Type, { kind: K }>) => Sql }

export function columnType(type: Type): Sql {
  return type.kind === 'decimal' ? columnTypes.decimal(type) : columnTypes[type.kind]()
}

const timeTypes = {
  pattern: sql`STRING`,
  iso8601: sql`STRING`,
  epoch_millis: sql`BIGINT`,
  epoch_seconds: sql`BIGINT`,
} satisfies Record<TimeFormat['kind'], Sql>

/** What a field is read as from JSON: a timestamp as what its format writes. */
export function jsonType(type: Type, format: TimeFormat): Sql {
  return type.kind === 'timestamp' ? timeTypes[format.kind] : columnType(type)
}

/** What a column is in an output row, where time is epoch milliseconds. */
export function outputType(type: Type): Sql {
  return type.kind === 'timestamp' ? columnTypes.bigint() : columnType(type)
}
