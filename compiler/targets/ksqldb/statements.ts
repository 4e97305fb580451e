/** The statements of a pipeline as the template lays them out: read the topic, where needed compute its clock, aggregate. */

import { aggregatedFields } from '../../expression/fields.ts'
import type { KsqldbEngine, Pipeline } from '../../ir.ts'
import type { View } from '../../render.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { metric } from './aggregates.ts'
import { conjuncts, type Scope } from './expressions.ts'
import { group } from './groups.ts'
import { type Names, namesOf, settingsOf } from './names.ts'
import { identifier, property, unusedName } from './quoting.ts'
import { nullable } from './term.ts'
import { milliseconds, timestampFormat } from './time.ts'
import { columnType } from './types.ts'
import { windowClause, windowEnd } from './windows.ts'

export function statementsView(pipeline: Pipeline, engine: KsqldbEngine): View {
  const names = namesOf(pipeline)
  const kept = pipeline.where === null ? [] : conjuncts(pipeline.where, scopeOf(pipeline))
  const severalPartitions = pipeline.source.partitions > 1
  return {
    settings: Object.entries(settingsOf(engine)).map(([name, value]) => ({
      name: property(name),
      value: property(value),
    })),
    source: sourceView(pipeline, names),
    timed: names.timed === null ? [] : [timedView(pipeline, names, names.timed, kept)],
    table: tableView(pipeline, engine, names, names.timed === null ? kept : []),
    updatesForSkew: severalPartitions && engine.emit === 'changes',
    dropsForSkew: severalPartitions && engine.emit === 'final',
  }
}

/** Fields by name, times as epoch milliseconds. */
function scopeOf({ source }: Pipeline): Scope {
  const times = new Set(
    source.fields.filter((each) => each.type.kind === 'timestamp').map((each) => each.name),
  )
  return (name) =>
    times.has(name) ? milliseconds(identifier(name), source.eventTime) : nullable(identifier(name))
}

function option(key: string, value: Sql): View {
  return { key: key as Sql, value }
}

function sourceView({ source }: Pipeline, names: Names): View {
  const { eventTime } = source
  const format = timestampFormat(eventTime.format)
  const clock = names.timed === null ? [option('TIMESTAMP', timeColumn(eventTime.field))] : []
  return {
    name: identifier(names.source),
    columns: source.fields.map(
      (each) => sql`${identifier(each.name)} ${columnType(each.type, eventTime.format)}`,
    ),
    options: [
      option('KAFKA_TOPIC', property(source.topic)),
      option('VALUE_FORMAT', sql`'JSON'`),
      ...clock,
      ...(clock.length > 0 && format !== null ? [option('TIMESTAMP_FORMAT', format)] : []),
    ],
  }
}

/** The name is a column reference in a string: quoted twice. */
function timeColumn(name: string): Sql {
  return property(identifier(name))
}

/** Kept for ever, because a record's time is its event time: of a replay the broker would delete the old at once. */
const keptForEver = option('RETENTION_MS', sql`9223372036854775807`)

/**
 * One partition, whatever the source has: its records have no key, so that several would be filled at random and a
 * partition's order would be lost.
 */
function timedView(pipeline: Pipeline, names: Names, name: string, kept: readonly Sql[]): View {
  const { fields, eventTime } = pipeline.source
  const clock = unusedName('pipec_event_time', new Set(fields.map((each) => each.name)))
  const time = milliseconds(identifier(eventTime.field), eventTime)
  const read = aggregatedFields(pipeline)
  return {
    name: identifier(name),
    options: [
      option('KAFKA_TOPIC', property(name)),
      option('PARTITIONS', sql`1`),
      option('VALUE_FORMAT', sql`'JSON'`),
      keptForEver,
      option('TIMESTAMP', timeColumn(clock)),
    ],
    columns: [
      ...fields.filter((each) => read.has(each.name)).map((each) => identifier(each.name)),
      sql`${time.sql} AS ${identifier(clock)}`,
    ],
    from: identifier(names.source),
    where: whereClause([...kept, ...time.present]),
  }
}

function whereClause(conditions: readonly Sql[]): Sql {
  return joinSql([...new Set(conditions)], '\n  AND ')
}

function tableView(pipeline: Pipeline, engine: KsqldbEngine, names: Names, kept: readonly Sql[]): View {
  const scope = scopeOf(pipeline)
  const taken = new Set([
    'window_start',
    'window_end',
    ...pipeline.groupBy.map((each) => each.name),
    ...pipeline.metrics.map((each) => each.name),
  ])
  const groups = pipeline.groupBy.map((each) => group(each, scope, taken))
  const grouped = groups.length > 0
  return {
    name: identifier(names.table),
    options: [
      option('KAFKA_TOPIC', property(engine.topic)),
      option('PARTITIONS', sql`1`),
      keptForEver,
      ...(grouped ? [option('KEY_FORMAT', sql`'JSON'`)] : []),
      option('VALUE_FORMAT', sql`'JSON'`),
    ],
    columns: [
      ...(grouped
        ? groups.flatMap((each) => each.keyColumns)
        : [sql`'all' AS ${identifier(unusedName('group', taken))}`]),
      sql`WINDOWSTART AS ${identifier('window_start')}`,
      sql`${windowEnd(pipeline.window)} AS ${identifier('window_end')}`,
      ...groups.map((each) => each.column),
      ...pipeline.metrics.map((each) => sql`${metric(each, scope)} AS ${identifier(each.name)}`),
    ],
    from: identifier(names.timed ?? names.source),
    window: windowClause(pipeline.window, engine),
    filtered: kept.length > 0,
    where: whereClause(kept),
    groupBy: grouped
      ? joinSql(
          groups.flatMap((each) => each.keys),
          ', ',
        )
      : sql`'all'`,
    emit: engine.emit === 'final' ? sql`FINAL` : sql`CHANGES`,
  }
}
