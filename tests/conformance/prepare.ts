/** A case under names of its own, with closing rows, and what the embedded engine makes of it: the rows to be found everywhere. */
import type { Output } from '../../compiler/compile.ts'
import type { EngineName } from '../../compiler/ir.ts'
import type { EmbeddedEngine } from '../../runtime/embedded/engine.ts'
import { openTextInput } from '../../runtime/embedded/input.ts'
import type { OutputColumn, OutputRow } from '../../runtime/embedded/rows.ts'
import { type Case, compiledOrThrow, lineOf, pipelineText, type Sent, timeField } from './case.ts'
import { writerOf } from './data.ts'

export interface Prepared {
  readonly of: Case
  /** Prefix of the topics. */
  readonly name: string
  readonly output: Output
  /** Closing rows included. */
  readonly records: readonly Sent[]
  readonly columns: readonly OutputColumn[]
  /** With every window closed by the end of the input. */
  readonly flushed: readonly OutputRow[]
  /** Windows that the records themselves close. */
  readonly closed: readonly OutputRow[]
  /** Lines of records that at least one of their windows lacks. */
  readonly late: readonly string[]
}

export async function prepare(
  engine: EmbeddedEngine,
  each: Case,
  name: string,
  engines: readonly EngineName[],
): Promise<Prepared> {
  const output = compiledOrThrow(pipelineText(each.parts, name, engines))
  const sql = output.files.get('duckdb/query.sql')!
  const closing = await closingRecords(engine, each, sql)
  const records = [...each.records, ...closing]
  const flushed = await compute(engine, sql, records, true)
  const late = await lateLines(engine, records)
  if (!each.parts.late && late.length > 0) throw new Error(`${each.title}: rows are late that should not be`)
  const closed = await compute(engine, sql, records, false)
  return {
    of: each,
    name,
    output,
    records,
    columns: flushed.columns,
    flushed: flushed.rows,
    closed: closed.rows,
    late,
  }
}

async function compute(engine: EmbeddedEngine, sql: string, records: readonly Sent[], flush: boolean) {
  const input = openTextInput(records.map((each) => `${lineOf(each)}\n`).join(''))
  try {
    return await engine.collect({ sql, input: input.path, flush })
  } finally {
    input.remove()
  }
}

async function lateLines(engine: EmbeddedEngine, records: readonly Sent[]): Promise<readonly string[]> {
  const rows = await engine.query('SELECT DISTINCT record FROM placements WHERE late ORDER BY record')
  return rows.map(([record]) => lineOf(records[Number(record)]!))
}

/** One a partition: a record that `where` keeps, with a time that closes the windows of all the others. */
async function closingRecords(engine: EmbeddedEngine, each: Case, sql: string): Promise<readonly Sent[]> {
  const { parts, records } = each
  await compute(engine, sql, records, true)
  const kept = await engine.query(
    `SELECT record, max("${timeField}") OVER () FROM fates JOIN records ON records.rowid = fates.record WHERE fate = 'kept' ORDER BY record`,
  )
  const [first] = kept
  if (first === undefined) return []
  const model = records[Number(first[0])]!
  if (typeof model.value === 'string') throw new TypeError('a kept record is no record')
  const time = Number(first[1]) + closingDistance(each)
  const value = { ...model.value, id: '-1', [timeField]: writerOf(parts)(time) }
  return Array.from({ length: parts.partitions }, (_, partition) => ({ value, partition }))
}

/** Twice what would do, and a few minutes more for formats that know no seconds. */
function closingDistance({ parts: { window, delay } }: Case): number {
  const reach = millis(window.size ?? window.gap ?? '0ms')
  return Math.ceil((2 * (reach + millis(delay)) + 180_000) / 60_000) * 60_000
}

function millis(duration: string): number {
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
  const [, number, unit] = /^([0-9.]+)(ms|s|m|h|d)$/.exec(duration)!
  return Number(number) * units[unit as keyof typeof units]
}
