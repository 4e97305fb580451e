/** How each declared field is read, and which of them the query needs beyond knowing that they are well formed. */
import { aggregatedFields, fieldsIn } from '../../expression/fields.ts'
import type { Field, Pipeline, Type, TypeKind } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { name } from './quote.ts'
import { typeName } from './types.ts'

/** `json` is the value's text, `exact` the same with every digit of a number in it. */
const readers = {
  string: (json) => sql`as_string(${json})`,
  boolean: (json) => sql`as_boolean(${json})`,
  int: (json) => sql`as_int(${json})`,
  bigint: (json) => sql`as_bigint(${json})`,
  double: (json) => sql`as_double(${json})`,
  decimal: (json, exact, type) => sql`TRY_CAST(as_digits(${json}, ${exact}) AS ${typeName(type)})`,
  timestamp: (json) => sql`as_time(${json})`,
} satisfies Record<TypeKind, (json: Sql, exact: Sql, type: Type) => Sql>

export function reader({ name: field, type }: Field, json: Sql, exact: Sql): Sql {
  return readers[type.kind](sql`${json}.${name(field)}`, sql`${exact}.${name(field)}`, type)
}

/** That a field which nothing reads is null or of its type; a string need not be unescaped for that. */
export function isReadable(field: Field, json: Sql, exact: Sql): Sql {
  const text = sql`${json}.${name(field.name)}`
  if (field.type.kind === 'string') return sql`${text} IS NULL OR starts_with(${text}, '"')`
  return sql`${text} IS NULL OR ${reader(field, json, exact)} IS NOT NULL`
}

/** What the windows and metrics are computed from. */
export function storedFields(pipeline: Pipeline): ReadonlySet<string> {
  return new Set([pipeline.source.eventTime.field, ...aggregatedFields(pipeline)])
}

export function filteringFields({ where }: Pipeline): ReadonlySet<string> {
  return new Set(where === null ? [] : fieldsIn(where))
}
