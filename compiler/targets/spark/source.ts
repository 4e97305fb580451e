/** The part of a job that reads the topic: the same whatever computes the windows. */
import type { Pipeline } from '../../ir.ts'
import { type Py, py, type Sql, sql } from '../../text.ts'
import { condition } from './expression.ts'
import { freeName, pyExpression, pyString, sqlName } from './quote.ts'
import { timestamp } from './time.ts'
import { jsonType } from './types.ts'

export interface Setting {
  readonly key: string
  readonly value: string
}

/** In what the two kinds of job differ. */
interface Reading {
  readonly settings: readonly Setting[]
  /** Records that one batch reads at most: one, or none. */
  readonly limits: readonly Py[]
  /** Taken from Kafka beside the record's fields. */
  readonly columns: readonly Py[]
}

export function sourceView(pipeline: Pipeline, { settings, limits, columns }: Reading) {
  const { name, source, where } = pipeline
  const malformed = freeName('_malformed', fieldNames(pipeline))
  const filter = where === null ? [] : [condition(where)]
  return {
    name: pyString(`pipec.${name}`),
    settings: settings.map(({ key, value }) => ({ key: pyString(key), value: pyString(value) })),
    topic: pyString(source.topic),
    limits,
    columns,
    fields: source.fields.map((field) =>
      pyString(`${sqlName(field.name)} ${jsonType(field.type, source.eventTime.format)}, `),
    ),
    malformedField: pyString(`${sqlName(malformed)} STRING`),
    malformedOption: pyString(malformed),
    wellFormed: pyString(sql`${sqlName(malformed)} IS NULL`),
    timestamps: timestamps(pipeline),
    timely: pyString(sql`${sqlName(source.eventTime.field)} IS NOT NULL`),
    filters: filter.map((each) => pyString(each)),
  }
}

function timestamps({ source }: Pipeline): readonly { readonly name: Py; readonly expression: Py }[] {
  return source.fields
    .filter(({ type }) => type.kind === 'timestamp')
    .map(({ name }) => ({
      name: pyString(name),
      expression: pyExpression(timestamp(sqlName(name), source.eventTime)),
    }))
}

export function fieldNames({ source }: Pipeline): readonly string[] {
  return source.fields.map(({ name }) => name)
}

/** `variable.substitute`: otherwise Spark puts variables in the place of `${…}`, in literals and names too. */
export const commonSettings = [
  { key: 'spark.sql.session.timeZone', value: 'UTC' },
  { key: 'spark.sql.variable.substitute', value: 'false' },
] as const satisfies readonly Setting[]

/** `F.expr(…).alias(…)`. */
export function pyAliased(expression: Sql, alias: string): Py {
  return py`${pyExpression(expression)}.alias(${pyString(alias)})`
}
