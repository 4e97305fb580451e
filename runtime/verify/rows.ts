/** The stream's rows as the embedded engine reads them: what was sent, which of it `where` keeps, and its exact values. */
import type { Pipeline } from '../../compiler/ir.ts'
import type { EmbeddedEngine } from '../embedded/engine.ts'
import { openTextInput } from '../embedded/input.ts'
import type { OutputRow } from '../embedded/rows.ts'
import { type Exact, exactOf } from './values.ts'

/** A record as it is sent. */
export interface SentRecord {
  readonly partition: number
  readonly key: string | null
  readonly value: string
}

export interface StreamRow {
  /** Its place among all that was sent. */
  readonly record: number
  readonly partition: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly group: readonly Exact[]
  /** One text for the whole group, in which null equals null. */
  readonly groupKey: string
  /** Each metric's argument; true for `count(*)`. */
  readonly values: readonly Exact[]
}

export interface Evaluated {
  /** In order of sending. */
  readonly rows: readonly StreamRow[]
  /** Records that are well formed and that `where` refuses. */
  readonly refused: readonly { readonly record: number; readonly time: number }[]
  readonly malformed: number
  /** Of records in one order of arrival: `record:window_start` for each window that a row was too late for. */
  readonly late: ReadonlySet<string>
  /** For the same order, where windows are sessions: the bounds of each row's session. */
  readonly sessions: ReadonlyMap<number, { readonly start: number; readonly end: number }>
  /** What the query itself gives for this order of arrival, every window closed. */
  readonly answer: readonly OutputRow[]
}

export interface Oracle {
  readonly engine: EmbeddedEngine
  /** The text of duckdb/query.sql, and the query for its rows. */
  readonly sql: string
  readonly rowsSql: string
  readonly signal: AbortSignal
}

export async function evaluate(
  records: readonly SentRecord[],
  pipeline: Pipeline,
  oracle: Oracle,
): Promise<Evaluated> {
  const input = openTextInput(records.map(({ value }) => `${value}\n`).join(''))
  try {
    const run = { sql: oracle.sql, input: input.path, flush: true, signal: oracle.signal }
    const { rows: answer, summary } = await oracle.engine.collect(run)
    const found = await oracle.engine.query(oracle.rowsSql)
    const late = await oracle.engine.query('SELECT record, window_start FROM placements WHERE late')
    return {
      sessions: await sessionsOf(pipeline, oracle),
      rows: found.filter(([, kept]) => kept).map((row) => streamRow(row, records, pipeline)),
      refused: found
        .filter(([, kept]) => !kept)
        .map(([record, , time]) => ({ record: Number(record), time: Number(time) })),
      malformed: summary.malformed,
      late: new Set(late.map(([record, start]) => `${record}:${start}`)),
      answer,
    }
  } finally {
    input.remove()
  }
}

async function sessionsOf({ window }: Pipeline, { engine }: Oracle): Promise<Evaluated['sessions']> {
  if (window.kind !== 'session') return new Map()
  const placed = await engine.query('SELECT record, window_start, window_end FROM placements WHERE NOT late')
  return new Map(
    placed.map(([record, start, end]) => [Number(record), { start: Number(start), end: Number(end) }]),
  )
}

function streamRow(row: OutputRow, records: readonly SentRecord[], pipeline: Pipeline): StreamRow {
  const [record, , time, ...rest] = row
  const { groupBy, metrics } = pipeline
  const group = groupBy.map((field, index) => exactOf(rest[index]!, field.type))
  const values = metrics.map(({ aggregate }, index) => {
    const value = rest[groupBy.length + index]!
    return aggregate.kind === 'count-rows' ? true : exactOf(value, aggregate.argument.type)
  })
  const place = Number(record)
  const { partition } = records[place]!
  return { record: place, partition, time: Number(time), group, groupKey: groupKey(group), values }
}

export function groupKey(group: readonly Exact[]): string {
  return JSON.stringify(group.map((value) => (typeof value === 'bigint' ? `${value}n` : [value])))
}
