/**
 * The contract of windows, clocks and late rows, written the slow way: one row at a time, every open window looked at for
 * every row, whole numbers as BigInt. It knows nothing of SQL or of the compiler, so that both can be held to it.
 */
import type { Window } from '../../compiler/ir.ts'

/** A row of the stream (`where` has kept it), in order of arrival. `group` is equal for equal groups, null included. */
export interface ModelRow {
  readonly time: bigint
  readonly group: string
}

export interface ModelWindow {
  readonly start: bigint
  readonly end: bigint
  readonly group: string
  /** Indexes of the rows that it holds, ascending. */
  readonly rows: readonly number[]
  /** Whether the data itself has closed it, without a flush. */
  readonly closed: boolean
}

export interface ModelResult {
  readonly windows: readonly ModelWindow[]
  /** Indexes of the rows that were left out of at least one window. */
  readonly late: readonly number[]
}

interface Open {
  start: bigint
  end: bigint
  readonly group: string
  rows: number[]
}

export function model(rows: readonly ModelRow[], window: Window, watermarkDelay: number): ModelResult {
  const delay = BigInt(watermarkDelay)
  const open: Open[] = []
  const final: ModelWindow[] = []
  const late = new Set<number>()
  let clock: bigint | null = null
  for (const [index, row] of rows.entries()) {
    const isClosed = (end: bigint): boolean => clock !== null && end + delay <= clock
    for (const done of open.filter((each) => isClosed(each.end))) {
      open.splice(open.indexOf(done), 1)
      final.push({ ...done, closed: true })
    }
    const kept =
      window.kind === 'session'
        ? toSession(open, row, index, BigInt(window.gap), isClosed)
        : toAligned(open, row, index, window, isClosed)
    if (!kept) late.add(index)
    if (clock === null || row.time > clock) clock = row.time
  }
  const closedAtEnd = (end: bigint): boolean => clock !== null && end + delay <= clock
  return {
    windows: [...final, ...open.map((each) => ({ ...each, closed: closedAtEnd(each.end) }))],
    late: [...late],
  }
}

/** False if any window that should hold the row is closed. */
function toAligned(
  open: Open[],
  row: ModelRow,
  index: number,
  window: Exclude<Window, { kind: 'session' }>,
  isClosed: (end: bigint) => boolean,
): boolean {
  const size = BigInt(window.size)
  const advance = BigInt(window.kind === 'hopping' ? window.advance : window.size)
  let all = true
  for (const start of startsHolding(row.time, size, advance, BigInt(window.offset))) {
    if (isClosed(start + size)) {
      all = false
      continue
    }
    const same = open.find((each) => each.start === start && each.group === row.group)
    if (same === undefined) open.push({ start, end: start + size, group: row.group, rows: [index] })
    else same.rows.push(index)
  }
  return all
}

/** Every `offset + k * advance` with start <= time < start + size. */
function startsHolding(time: bigint, size: bigint, advance: bigint, offset: bigint): bigint[] {
  let start = offset + ((time - offset) / advance) * advance
  while (start > time) start -= advance
  while (start + advance <= time) start += advance
  const starts: bigint[] = []
  for (; start + size > time; start -= advance) starts.push(start)
  return starts
}

function toSession(
  open: Open[],
  row: ModelRow,
  index: number,
  gap: bigint,
  isClosed: (end: bigint) => boolean,
): boolean {
  const touched = open.filter(
    (each) => each.group === row.group && each.start <= row.time + gap && row.time <= each.end,
  )
  const ends = [row.time + gap, ...touched.map((each) => each.end)]
  const starts = [row.time, ...touched.map((each) => each.start)]
  const end = ascending(ends).at(-1)!
  if (isClosed(end)) return false
  for (const each of touched) open.splice(open.indexOf(each), 1)
  open.push({
    start: ascending(starts)[0]!,
    end,
    group: row.group,
    rows: [...touched.flatMap((each) => each.rows), index].sort((a, b) => a - b),
  })
  return true
}

function ascending(values: readonly bigint[]): bigint[] {
  return [...values].sort((a, b) => (a < b ? -1 : 1))
}
