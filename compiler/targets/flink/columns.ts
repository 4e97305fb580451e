/** The columns of the source table, and those that its rows keep behind the filter. */

import { aggregatedFields, neededFields } from '../../expression/fields.ts'
import type { Field, Pipeline, Window } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import type { Scope } from './expression.ts'
import { earlier } from './interval.ts'
import { name } from './quote.ts'
import { type TimeReader, timeReader } from './time.ts'
import { sqlType } from './types.ts'

export interface Columns {
  readonly reader: TimeReader
  /** The column whose values are the event times, less the window's offset. */
  readonly clock: Sql
  /** The same behind the filter. */
  readonly keptClock: Sql
  /** The source table's columns, as its DDL declares them. */
  readonly declarations: readonly Sql[]
  /** A field's value in the source table. */
  readonly source: Scope
  /** What the view of kept rows selects. */
  readonly selection: readonly Sql[]
  /** A field's value behind the filter. */
  readonly kept: Scope
}

export function columnsOf(pipeline: Pipeline): Columns {
  const { fields, eventTime } = pipeline.source
  const reader = timeReader(eventTime)
  const offset = offsetOf(pipeline.window)
  const direct = reader.direct && offset === 0
  const clock = direct ? eventTime.field : unusedIn(pipeline, 'event_time')
  const keptClock = windowColumns.includes(clock) ? unusedIn(pipeline, 'event_time') : clock
  const source = sourceScope(fields, reader)
  const aliases = aliasesOf(pipeline, keptClock)
  const read = reader.read(name(eventTime.field))
  const shifted = offset === 0 ? read : earlier(reader.direct ? read : sql`(${read})`, offset)
  const computed = direct ? [] : [sql`${name(clock)} AS ${shifted}`]
  return {
    reader,
    clock: name(clock),
    keptClock: name(keptClock),
    declarations: [...parsedFields(pipeline).map((field) => declaration(field, reader)), ...computed],
    source,
    selection: [
      ...[...aliases].map(([field, alias]) => selected(source(field), alias)),
      selected(name(clock), keptClock),
    ],
    kept: (field) => name(aliases.get(field)!),
  }
}

/**
 * A field that nobody reads costs as much to parse as any other (seen on Flink 2.2.1, 2 M records: without two of five
 * fields a quarter more a second), and what it holds makes no record malformed to Flink. Late rows are written whole.
 */
function parsedFields(pipeline: Pipeline): readonly Field[] {
  const { fields } = pipeline.source
  if (pipeline.engines.flink?.lateTopic != null) return fields
  const needed = neededFields(pipeline)
  return fields.filter((field) => needed.has(field.name))
}

function declaration({ name: field, type }: Field, reader: TimeReader): Sql {
  return sql`${name(field)} ${type.kind === 'timestamp' ? reader.type : sqlType(type)}`
}

/**
 * With an offset Flink's window functions lose rows: a row waits in a buffer that is emptied at the bounds of windows
 * without one, when its own window may be gone (seen on Flink 2.2.1). So the clock runs earlier by the offset, windows
 * have none, and their bounds are moved back.
 */
export function offsetOf(window: Window): number {
  return window.kind === 'session' ? 0 : window.offset
}

function unusedIn({ source }: Pipeline, wish: string): string {
  return unused(wish, [...source.fields.map((field) => field.name), ...windowColumns])
}

function sourceScope(fields: readonly Field[], reader: TimeReader): Scope {
  const times = new Set(fields.filter(({ type }) => type.kind === 'timestamp').map((field) => field.name))
  return (field) => (times.has(field) ? reader.millis(name(field)) : name(field))
}

/** What Flink's window functions add to each row; a field may well be called `window_time`. */
const windowColumns = ['window_start', 'window_end', 'window_time']

function aliasesOf(pipeline: Pipeline, clock: string): ReadonlyMap<string, string> {
  const own = [...windowColumns, clock]
  const aliases = [...aggregatedFields(pipeline)].map(
    (field) => [field, own.includes(field) ? unusedIn(pipeline, `${field}_value`) : field] as const,
  )
  return new Map(aliases)
}

function selected(value: Sql, alias: string): Sql {
  return value === name(alias) ? value : sql`${value} AS ${name(alias)}`
}

/** The wish, with underscores behind it until nothing else has the name. */
function unused(wish: string, taken: readonly string[]): string {
  return taken.includes(wish) ? unused(`${wish}_`, taken) : wish
}
