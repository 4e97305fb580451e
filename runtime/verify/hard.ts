/**
 * The rows that tell engines apart, put among the generator's: nulls, malformed records, rows on the bounds of windows, rows
 * too late, and rows of the far future that `where` refuses, which must not move the clock.
 */
import type { Pipeline, Window } from '../../compiler/ir.ts'
import { type Random, seededRandom } from '../produce/random.ts'
import { timeWriter } from '../produce/time-text.ts'
import { clocksOf } from './bounds.ts'
import { startsOf } from './clusters.ts'
import { keyOf, stepOf } from './input.ts'
import { readMembers, writeMembers } from './lossless.ts'
import { type Evaluated, evaluate, type Oracle, type SentRecord, type StreamRow } from './rows.ts'

/** Late rows that a window may get, so that all their admissible answers can be computed. */
const lateInWindow = 8

/** What every engine skips: other near-misses each reads in its own way. */
const malformed = ['{"cut": "off', 'no JSON at all', '{}'] as const

interface Making {
  readonly records: readonly SentRecord[]
  readonly pipeline: Pipeline
  readonly random: Random
  /** The record with another time. */
  timed(record: SentRecord, millis: number): SentRecord
  /** The record with one field null. */
  nulled(record: SentRecord, field: string): SentRecord
}

/** What goes in behind a record, or in its place. */
interface Edit {
  readonly at: number
  readonly replace: SentRecord | null
  readonly after: readonly SentRecord[]
}

/** The same records and seed give the same rows. */
export async function withHardRows(
  records: readonly SentRecord[],
  pipeline: Pipeline,
  seed: number,
  oracle: Oracle,
): Promise<readonly SentRecord[]> {
  const known = await evaluate(records, pipeline, oracle)
  const making = makingOf(records, pipeline, seededRandom(seed ^ 0x4a2d))
  const edits = [
    ...boundaryRows(known.rows, making),
    ...lateRows(known.rows, making),
    ...nullRows(making),
    ...malformedRows(making),
    ...(await futureRows(known, making, oracle)),
  ]
  return applied(records, edits)
}

function makingOf(records: readonly SentRecord[], pipeline: Pipeline, random: Random): Making {
  const { source } = pipeline
  const write = timeWriter(source.eventTime.format, source.eventTime.timeZone)
  const changed = (record: SentRecord, field: string, text: string): SentRecord => {
    const members = new Map(readMembers(record.value)).set(field, text)
    const value = writeMembers(members)
    return { partition: record.partition, key: keyOf(value, source), value }
  }
  return {
    records,
    pipeline,
    random,
    timed: (record, millis) => changed(record, source.eventTime.field, write(millis)),
    nulled: (record, field) => changed(record, field, 'null'),
  }
}

function applied(records: readonly SentRecord[], edits: readonly Edit[]): readonly SentRecord[] {
  const byPlace = new Map<number, Edit[]>()
  for (const edit of edits) {
    const known = byPlace.get(edit.at)
    if (known === undefined) byPlace.set(edit.at, [edit])
    else known.push(edit)
  }
  return records.flatMap((record, place) => {
    const here = byPlace.get(place) ?? []
    const own = here.find(({ replace }) => replace !== null)?.replace ?? record
    return [own, ...here.flatMap(({ after }) => after)]
  })
}

/** Some rows at a bound, one millisecond before it and one behind it, where that is no further than the delay. */
function boundaryRows(
  rows: readonly StreamRow[],
  { records, pipeline, timed, random }: Making,
): readonly Edit[] {
  const { window, source } = pipeline
  if (window.kind === 'session') return sessionBounds(rows, window.gap, { records, timed, random })
  const delay = source.eventTime.watermarkDelay
  const near = Math.max(2, Math.min(delay, stepOf(window)) / 2)
  const clocks = clocksOf(rows)
  return rows.flatMap((row, index) => {
    const bound = startsOf(row.time, window)[0]!
    const time = bound + (index % 3) - 1
    const isLate = time + delay < clocks[index]!.own
    if (row.time - bound >= near || isLate || random.fraction() > 0.3) return []
    return [{ at: row.record, replace: timed(records[row.record]!, time), after: [] }]
  })
}

/** Exactly the gap behind a row of the same group, or a millisecond more. */
function sessionBounds(
  rows: readonly StreamRow[],
  gap: number,
  { records, timed, random }: Pick<Making, 'records' | 'timed' | 'random'>,
): readonly Edit[] {
  return rows.flatMap((row, index) => {
    if (random.fraction() > 0.02) return []
    const record = records[row.record]!
    return [{ at: row.record, replace: null, after: [timed(record, row.time + gap + (index % 2))] }]
  })
}

/** Copies of rows that come again when their window is closed by the clock of their own partition. */
function lateRows(rows: readonly StreamRow[], { records, pipeline, timed, random }: Making): readonly Edit[] {
  const { window, source } = pipeline
  const room = new Map<number, number>()
  const clocks = new Map<number, number>()
  const often = Math.min(1, 200 / Math.max(1, rows.length))
  return rows.flatMap((row): Edit[] => {
    const clock = Math.max(row.time, clocks.get(row.partition) ?? -Infinity)
    clocks.set(row.partition, clock)
    if (random.fraction() > often) return []
    const time = clock - source.eventTime.watermarkDelay - lengthOf(window) - random.below(stepOf(window))
    if (!takes(room, window, time)) return []
    return [{ at: row.record, replace: null, after: [timed(records[row.record]!, time)] }]
  })
}

function lengthOf(window: Window): number {
  return window.kind === 'session' ? window.gap : window.size
}

/** Whether each of the windows that the row could be in has room for one more; three stretches of four stay without. */
function takes(room: Map<number, number>, window: Window, time: number): boolean {
  if (Math.floor(time / lengthOf(window)) % 4 !== 0) return false
  const starts = window.kind === 'session' ? [Math.floor(time / (4 * window.gap))] : startsOf(time, window)
  if (starts.some((start) => (room.get(start) ?? 0) >= lateInWindow)) return false
  for (const start of starts) room.set(start, (room.get(start) ?? 0) + 1)
  return true
}

function nullRows({ records, pipeline, random, nulled }: Making): readonly Edit[] {
  const fields = pipeline.source.fields.filter(({ name }) => name !== pipeline.source.eventTime.field)
  if (fields.length === 0) return []
  return records.flatMap((record, at) => {
    if (random.fraction() > 0.02) return []
    const { name } = fields[random.below(fields.length)]!
    return [{ at, replace: null, after: [nulled(record, name)] }]
  })
}

function malformedRows({ records, random, pipeline, nulled }: Making): readonly Edit[] {
  return records.flatMap((record, at) => {
    if (random.fraction() > 0.005) return []
    const choice = random.below(malformed.length + 1)
    const text = malformed[choice]
    const odd =
      text === undefined ? nulled(record, pipeline.source.eventTime.field) : { ...record, value: text }
    return [{ at, replace: null, after: [odd] }]
  })
}

/** Should the condition keep one because of its time, it is left out: it would make all later rows late. */
async function futureRows(
  { rows, refused }: Evaluated,
  { records, pipeline, random, timed }: Making,
  oracle: Oracle,
): Promise<readonly Edit[]> {
  const latest = rows.reduce((greatest, { time }) => Math.max(greatest, time), 0)
  const { window, source } = pipeline
  const far = latest + 50 * (lengthOf(window) + source.eventTime.watermarkDelay)
  const chosen = refused.filter(() => random.fraction() <= 20 / refused.length)
  const made = chosen.map(({ record }) => timed(records[record]!, far))
  const { refused: still } = await evaluate(made, pipeline, oracle)
  return still.map(({ record }) => ({ at: chosen[record]!.record, replace: null, after: [made[record]!] }))
}
