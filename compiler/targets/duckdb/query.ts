/** What generated/duckdb/query.sql is made of. */
import type { Field, Pipeline, TypeKind } from '../../ir.ts'
import type { View } from '../../render.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { metricExpression, sumsBigints } from './aggregate.ts'
import { condition, part } from './expression.ts'
import { filteringFields, isReadable, reader, storedFields } from './fields.ts'
import { freeName, name, pointer, string } from './quote.ts'
import { timeReader } from './time.ts'
import { windowView } from './window.ts'

export function queryView(pipeline: Pipeline): View {
  return {
    ...columnNames(pipeline),
    ...macroView(pipeline),
    ...recordView(pipeline),
    ...windowView(pipeline),
    time: name(pipeline.source.eventTime.field),
    delay: pipeline.source.eventTime.watermarkDelay,
    group: groupKey(pipeline.groupBy),
    groups: pipeline.groupBy.map((field) => name(field.name)),
    metrics: pipeline.metrics.map((metric) => ({
      name: name(metric.name),
      expression: metricExpression(metric),
    })),
  }
}

/** One value for all grouping fields, in which null equals null. */
function groupKey(fields: readonly Field[]): Sql {
  if (fields.length === 0) return sql`0`
  return sql`{${joinSql(
    fields.map((field) => sql`${string(field.name)}: ${name(field.name)}`),
    ', ',
  )}}`
}

/** Columns of the query's own; none of the pipeline's fields has their names. */
function columnNames({ source }: Pipeline): { readonly [column: string]: Sql } {
  const own = [
    'json',
    'exact',
    'found',
    'digits',
    'kept',
    'clock',
    'late',
    'shift',
    'arrival',
    'horizon',
    'opens',
    'session',
    'earliest',
    'reach',
    'settled',
    'joined',
    'moved',
    'grouped',
    'last',
  ]
  return Object.fromEntries(own.map((column) => [column, freeName(column, source.fields)]))
}

function macroView(pipeline: Pipeline): View {
  const { fields, eventTime } = pipeline.source
  const kinds = new Set<TypeKind>(fields.map((field) => field.type.kind))
  const numeric = eventTime.format.kind === 'epoch_millis' || eventTime.format.kind === 'epoch_seconds'
  return {
    readsStrings: kinds.has('string') || !numeric,
    readsBooleans: kinds.has('boolean'),
    readsInts: kinds.has('int'),
    readsBigints: kinds.has('bigint') || numeric,
    readsDoubles: kinds.has('double'),
    readsDecimals: kinds.has('decimal'),
    readsZone: eventTime.timeZone !== 'UTC',
    zone: string(eventTime.timeZone),
    readTime: timeReader(eventTime),
    sumsBigints: sumsBigints(pipeline),
  }
}

function recordView(pipeline: Pipeline): View {
  const { source, where } = pipeline
  const { json, exact } = columnNames(pipeline) as { readonly json: Sql; readonly exact: Sql }
  const stored = storedFields(pipeline)
  const filtering = filteringFields(pipeline)
  const time = source.eventTime.field
  const typed = source.fields.filter((field) => stored.has(field.name) || filtering.has(field.name))
  const others = source.fields.filter((field) => field.name !== time)
  return {
    fields: source.fields.map((field, index) => ({
      key: string(field.name),
      pointer: pointer(field.name),
      place: index + 1,
    })),
    decimals: decimalFields(source.fields).map((field, index) => ({
      key: string(field.name),
      pointer: pointer(field.name),
      place: index + 1,
    })),
    typed: typed.map((field) => ({ name: name(field.name), value: reader(field, json, exact) })),
    checks: others.map((field) =>
      typed.includes(field)
        ? sql`${json}.${name(field.name)} IS NULL OR ${name(field.name)} IS NOT NULL`
        : isReadable(field, json, exact),
    ),
    filtered: where !== null,
    where: where === null ? sql`true` : where.kind === 'and' ? condition(where) : part(where),
    stored: source.fields.filter((field) => stored.has(field.name)).map((field) => name(field.name)),
  }
}

function decimalFields(fields: readonly Field[]): readonly Field[] {
  return fields.filter((field) => field.type.kind === 'decimal')
}
