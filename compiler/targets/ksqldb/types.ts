/** The types of pipeline.yaml in ksqlDB: as a column is declared, and as a value is computed. */
import type { TimeFormat, Type, TypeKind } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'

/** An INT would wrap silently on reading, so whole numbers are BIGINT; a time is its epoch milliseconds. */
const names = {
  string: sql`VARCHAR`,
  boolean: sql`BOOLEAN`,
  int: sql`BIGINT`,
  bigint: sql`BIGINT`,
  double: sql`DOUBLE`,
  timestamp: sql`BIGINT`,
} satisfies Record<Exclude<TypeKind, 'decimal'>, Sql>

/** Of a value in an expression. */
export function valueType(type: Type): Sql {
  return type.kind === 'decimal' ? sql`DECIMAL(${type.precision}, ${type.scale})` : names[type.kind]
}

/** Of a field of the record; `format` says how it writes its times. */
export function columnType(type: Type, format: TimeFormat): Sql {
  return type.kind === 'timestamp' && isText(format) ? names.string : valueType(type)
}

/** Whether times are written as text. */
export function isText(format: TimeFormat): boolean {
  return format.kind === 'pattern' || format.kind === 'iso8601'
}

export function typedNull(type: Type): Sql {
  return sql`CAST(NULL AS ${valueType(type)})`
}

/** Some value that is not null, for a key that may not be. */
export function anyValue(type: Type): Sql {
  switch (type.kind) {
    case 'string':
      return sql`''`
    case 'boolean':
      return sql`FALSE`
    default:
      return sql`CAST(0 AS ${valueType(type)})`
  }
}
