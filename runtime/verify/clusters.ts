/** What is judged together: a window of a group, or a run of a group's rows that sessions could connect. */
import type { Pipeline, Window } from '../../compiler/ir.ts'
import { aggregate } from './aggregate.ts'
import { type Clocks, clocksOf, type Rule } from './bounds.ts'
import type { Evaluated, StreamRow } from './rows.ts'
import type { Exact, Expected } from './values.ts'

export interface Cluster {
  /** Of a window its bounds; of sessions the first row's time and the last one's, plus gap. */
  readonly start: number
  readonly end: number
  readonly group: readonly Exact[]
  readonly groupKey: string
  readonly must: readonly StreamRow[]
  /** Rows that may be in as well, each of them or not. */
  readonly extra: readonly StreamRow[]
  /** Whether a session may have been closed before the row came that would have prolonged it: then nobody knows the cuts. */
  readonly loose: boolean
}

export interface ExpectedRow {
  readonly start: number
  readonly end: number
  readonly group: readonly Exact[]
  readonly groupKey: string
  readonly values: readonly Expected[]
  /** What it was computed from. */
  readonly rows: readonly StreamRow[]
}

/** The embedded engine's own judgement of an order of arrival. */
export type Judgement = Pick<Evaluated, 'late' | 'sessions'>

/** @param judgement for one partition, in which there is only one order of arrival; null for several. */
export function clustersOf(
  rows: readonly StreamRow[],
  { window }: Pipeline,
  rule: Rule,
  judgement: Judgement | null,
): readonly Cluster[] {
  const clocks = clocksOf(rows, rule.elsewhere)
  if (window.kind !== 'session') return alignedClusters(rows, clocks, window, rule)
  if (judgement !== null && !rule.lateMayBeIn) return knownSessions(rows, judgement)
  return sessionClusters(rows, clocks, window.gap, rule, judgement)
}

/** One cluster a session, as the embedded engine has cut them. */
function knownSessions(rows: readonly StreamRow[], { sessions }: Judgement): readonly Cluster[] {
  const clusters = new Map<string, Open>()
  for (const row of rows) {
    const session = sessions.get(row.record)
    if (session !== undefined) clusterAt(clusters, session.start, session.end, row).must.push(row)
  }
  return [...clusters.values()]
}

type Aligned = Exclude<Window, { kind: 'session' }>

interface Open {
  readonly start: number
  readonly end: number
  readonly group: readonly Exact[]
  readonly groupKey: string
  readonly must: StreamRow[]
  readonly extra: StreamRow[]
  readonly loose: false
}

function alignedClusters(
  rows: readonly StreamRow[],
  clocks: readonly Clocks[],
  window: Aligned,
  rule: Rule,
): readonly Cluster[] {
  const clusters = new Map<string, Open>()
  for (const [index, row] of rows.entries()) {
    for (const start of startsOf(row.time, window)) {
      const end = start + window.size
      const isLate = end + rule.slack <= clocks[index]![rule.must]
      if (isLate && !rule.lateMayBeIn) continue
      const open = clusterAt(clusters, start, end, row)
      if (isLate) open.extra.push(row)
      else open.must.push(row)
    }
  }
  return [...clusters.values()].sort((one, other) => one.start - other.start)
}

function clusterAt(clusters: Map<string, Open>, start: number, end: number, row: StreamRow): Open {
  const { group, groupKey } = row
  const key = `${start} ${end} ${groupKey}`
  const known = clusters.get(key)
  if (known !== undefined) return known
  const made: Open = { start, end, group, groupKey, must: [], extra: [], loose: false }
  clusters.set(key, made)
  return made
}

/** Of every window that holds the time. */
export function startsOf(time: number, window: Aligned): readonly number[] {
  const advance = window.kind === 'hopping' ? window.advance : window.size
  const phase = (((time - window.offset) % advance) + advance) % advance
  return Array.from({ length: window.size / advance }, (_, hop) => time - phase - hop * advance)
}

interface Judged {
  readonly row: StreamRow
  readonly late: boolean
  readonly clock: number
}

function mayCut(before: Judged | undefined, { late, clock }: Judged, length: number): boolean {
  return before !== undefined && !late && before.row.time + length <= clock
}

function sessionClusters(
  rows: readonly StreamRow[],
  clocks: readonly Clocks[],
  gap: number,
  rule: Rule,
  judgement: Judgement | null,
): readonly Cluster[] {
  const byGroup = new Map<string, Judged[]>()
  for (const [index, row] of rows.entries()) {
    const unsettled = row.time + gap + rule.slack <= clocks[index]![rule.must]
    const isLate = judgement === null ? unsettled : judgement.late.has(`${row.record}:${row.time}`)
    if (isLate && !rule.lateMayBeIn) continue
    const judged = byGroup.get(row.groupKey) ?? []
    judged.push({ row, late: isLate, clock: clocks[index]![rule.must] })
    byGroup.set(row.groupKey, judged)
  }
  return [...byGroup.values()].flatMap((judged) => {
    const sorted = judged.sort((one, other) => one.row.time - other.row.time)
    return runsOf(sorted, ({ row }) => row.time, gap).map((run) => ({
      start: run[0]!.row.time,
      end: run.at(-1)!.row.time + gap,
      group: run[0]!.row.group,
      groupKey: run[0]!.row.groupKey,
      must: run.filter((each) => !each.late).map(({ row }) => row),
      extra: run.filter((each) => each.late).map(({ row }) => row),
      loose: judgement === null && run.some((each, index) => mayCut(run[index - 1], each, gap + rule.slack)),
    }))
  })
}

function runsOf<T>(sorted: readonly T[], time: (each: T) => number, gap: number): readonly (readonly T[])[] {
  const runs: T[][] = []
  for (const each of sorted) {
    const last = runs.at(-1)
    if (last !== undefined && time(each) - time(last.at(-1)!) <= gap) last.push(each)
    else runs.push([each])
  }
  return runs
}

/** What an engine must write when exactly these of the cluster's rows are in. */
export function answerOf(
  cluster: Cluster,
  rows: readonly StreamRow[],
  { window, metrics }: Pipeline,
): readonly ExpectedRow[] {
  if (rows.length === 0) return []
  const { group, groupKey } = cluster
  const row = (start: number, end: number, of: readonly StreamRow[]): ExpectedRow => ({
    start,
    end,
    group,
    groupKey,
    values: metrics.map((metric, index) =>
      aggregate(
        metric,
        of.map(({ values }) => values[index]!),
      ),
    ),
    rows: of,
  })
  if (window.kind !== 'session') return [row(cluster.start, cluster.end, rows)]
  const sorted = [...rows].sort((one, other) => one.time - other.time)
  return runsOf(sorted, ({ time }) => time, window.gap).map((run) =>
    row(run[0]!.time, run.at(-1)!.time + window.gap, run),
  )
}
