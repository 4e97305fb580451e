/** An engine's rows against what it had to write: equal, within the bounds of late rows, or different. */
import type { Pipeline } from '../../compiler/ir.ts'
import { answerOf, type Cluster, type ExpectedRow } from './clusters.ts'
import type { ActualRow } from './results.ts'
import type { StreamRow } from './rows.ts'
import { type Exact, type Expected, equals, type Parsed, tolerance, valueText } from './values.ts'

export interface Difference {
  readonly kind: 'different' | 'missing' | 'extra'
  readonly expected: ExpectedRow | null
  readonly actual: ActualRow | null
  /** Of different rows: the columns, by the metric's place. */
  readonly columns: readonly number[]
}

export interface Verdict {
  /** Windows that had to be there, and those that late rows alone have opened. */
  readonly windows: number
  readonly equal: number
  readonly different: number
  readonly missing: number
  readonly extra: number
  /** Windows in which late rows left more than one answer admissible, and the engine gave one of them. */
  readonly late: { readonly windows: number; readonly kept: number; readonly admissible: number }
  /** Windows with so many late rows that each value was only held to lie between its least and its greatest. */
  readonly bounded: number
  readonly differences: readonly Difference[]
}

/** Up to here every admissible answer is computed. */
const mostChoices = 12

export function judge(
  clusters: readonly Cluster[],
  actual: readonly ActualRow[],
  pipeline: Pipeline,
): Verdict {
  const { assigned, strangers } = assign(clusters, actual)
  const parts = clusters.map((cluster, index) => judgeCluster(cluster, assigned[index]!, pipeline))
  parts.push({ ...nothing, extra: strangers.length, differences: strangers.map(extraRow) })
  return parts.reduce(add)
}

const nothing: Verdict = {
  windows: 0,
  equal: 0,
  different: 0,
  missing: 0,
  extra: 0,
  late: { windows: 0, kept: 0, admissible: 0 },
  bounded: 0,
  differences: [],
}

function add(one: Verdict, other: Verdict): Verdict {
  return {
    windows: one.windows + other.windows,
    equal: one.equal + other.equal,
    different: one.different + other.different,
    missing: one.missing + other.missing,
    extra: one.extra + other.extra,
    late: {
      windows: one.late.windows + other.late.windows,
      kept: one.late.kept + other.late.kept,
      admissible: one.late.admissible + other.late.admissible,
    },
    bounded: one.bounded + other.bounded,
    differences:
      other.differences.length === 0 ? one.differences : [...one.differences, ...other.differences],
  }
}

/** Each row to the cluster in whose span it lies; of windows the bounds have to be the same. */
function assign(
  clusters: readonly Cluster[],
  actual: readonly ActualRow[],
): { readonly assigned: readonly ActualRow[][]; readonly strangers: readonly ActualRow[] } {
  const assigned = clusters.map((): ActualRow[] => [])
  const strangers: ActualRow[] = []
  const byGroup = new Map<string, number[]>()
  for (const [index, { groupKey }] of clusters.entries()) {
    const known = byGroup.get(groupKey)
    if (known === undefined) byGroup.set(groupKey, [index])
    else known.push(index)
  }
  for (const row of actual) {
    const candidates = byGroup.get(row.groupKey) ?? []
    const exact = candidates.find((index) => {
      const { start, end } = clusters[index]!
      return start === row.start && end === row.end
    })
    const around = candidates.find((index) => {
      const { start, end } = clusters[index]!
      return start <= row.start && row.end <= end
    })
    const found = exact ?? around
    if (found === undefined) strangers.push(row)
    else assigned[found]!.push(row)
  }
  return { assigned, strangers }
}

function judgeCluster(cluster: Cluster, actual: readonly ActualRow[], pipeline: Pipeline): Verdict {
  const { must, extra } = cluster
  const least = answerOf(cluster, must, pipeline)
  if (extra.length === 0 && !cluster.loose) return compareRows(least, actual)
  if (extra.length > mostChoices || cluster.loose) return judgeByBounds(cluster, least, actual, pipeline)
  const { kept, verdict } = closest(cluster, actual, pipeline)
  if (verdict.differences.length > 0) return verdict
  const late = { windows: 1, kept, admissible: extra.length }
  return { ...nothing, windows: Math.max(actual.length, least.length), late }
}

/** The admissible answer that the engine's is, or else the one that it is most like, and how many late rows that keeps. */
function closest(
  cluster: Cluster,
  actual: readonly ActualRow[],
  pipeline: Pipeline,
): { readonly kept: number; readonly verdict: Verdict } {
  let found = { kept: 0, verdict: nothing, odd: Infinity }
  for (const choice of choices(cluster.extra)) {
    const verdict = compareRows(answerOf(cluster, [...cluster.must, ...choice], pipeline), actual)
    const odd = oddness(verdict, pipeline)
    if (odd < found.odd) found = { kept: choice.length, verdict, odd }
    if (odd === 0) break
  }
  return found
}

function oddness({ differences }: Verdict, { metrics }: Pipeline): number {
  return differences.reduce(
    (sum, { kind, columns }) => sum + (kind === 'different' ? columns.length : metrics.length + 1),
    0,
  )
}

/** All subsets: the whole first, then nothing, then the others. */
function* choices(rows: readonly StreamRow[]): Generator<readonly StreamRow[]> {
  const last = 2 ** rows.length - 1
  yield rows
  yield []
  for (let bits = last - 1; bits > 0; bits--) yield rows.filter((_, index) => (bits >> index) & 1)
}

function hasBounds(expected: ExpectedRow, { start, end }: ActualRow): boolean {
  return expected.start === start && expected.end === end
}

function wrongColumns({ values }: ExpectedRow, actual: ActualRow): readonly number[] {
  return values.flatMap((value, index) => (equals(actual.values[index], value) ? [] : [index]))
}

function compareRows(expected: readonly ExpectedRow[], actual: readonly ActualRow[]): Verdict {
  const left = [...actual]
  const differences: Difference[] = []
  let equal = 0
  for (const row of expected) {
    const place = left.findIndex((each) => hasBounds(row, each))
    const [found = null] = place < 0 ? [] : left.splice(place, 1)
    if (found === null) differences.push({ kind: 'missing', expected: row, actual: null, columns: [] })
    else {
      const columns = wrongColumns(row, found)
      if (columns.length === 0) equal++
      else differences.push({ kind: 'different', expected: row, actual: found, columns })
    }
  }
  differences.push(...left.map(extraRow))
  return {
    ...nothing,
    windows: expected.length,
    equal,
    different: count(differences, 'different'),
    missing: count(differences, 'missing'),
    extra: left.length,
    differences,
  }
}

function count(differences: readonly Difference[], kind: Difference['kind']): number {
  return differences.filter((each) => each.kind === kind).length
}

function extraRow(actual: ActualRow): Difference {
  return { kind: 'extra', expected: null, actual, columns: [] }
}

function judgeByBounds(
  cluster: Cluster,
  least: readonly ExpectedRow[],
  actual: readonly ActualRow[],
  pipeline: Pipeline,
): Verdict {
  if (pipeline.window.kind === 'session') return judgeSessions(cluster, least, actual)
  const [row] = actual
  if (actual.length !== 1 || row === undefined)
    return least.length === 0 && actual.length === 0 ? nothing : compareRows(least, actual)
  const [all] = answerOf(cluster, [...cluster.must, ...cluster.extra], pipeline)
  const columns = pipeline.metrics.flatMap((_, index) =>
    isBetween(cluster, index, row.values[index], all!.values[index]!, pipeline) ? [] : [index],
  )
  if (columns.length === 0) return { ...nothing, windows: 1, bounded: 1 }
  const difference: Difference = { kind: 'different', expected: least[0] ?? all!, actual: row, columns }
  return { ...nothing, windows: 1, different: 1, differences: [difference] }
}

/** So many late rows that sessions can be cut anywhere: each must begin at a row and end at one. */
function judgeSessions(
  { must, extra, end }: Cluster,
  least: readonly ExpectedRow[],
  actual: readonly ActualRow[],
): Verdict {
  const rows = [...must, ...extra]
  const gap = end - Math.max(...rows.map(({ time }) => time))
  const times = new Set(rows.map(({ time }) => time))
  const wrong = actual.filter(({ start, end }) => !times.has(start) || !times.has(end - gap))
  if (wrong.length === 0 && (actual.length > 0 || least.length === 0))
    return { ...nothing, windows: actual.length, bounded: actual.length }
  return compareRows(least, actual)
}

/** Between the least and the greatest that some choice of the late rows gives. */
function isBetween(
  { must, extra }: Cluster,
  index: number,
  actual: Parsed,
  all: Expected,
  { metrics }: Pipeline,
): boolean {
  const { kind } = metrics[index]!.aggregate
  const of = (rows: readonly StreamRow[]) =>
    rows.map(({ values }) => values[index]!).filter((value) => value !== null)
  const [sure, late] = [of(must), of(extra)]
  if (actual === undefined) return false
  if (actual === null) return sure.length === 0 && kind !== 'count' && kind !== 'count-rows'
  if (sure.length + late.length === 0) return equals(actual, all)
  switch (kind) {
    case 'count':
    case 'count-rows':
      return within(actual, sure.length, sure.length + late.length)
    case 'count-distinct':
      return within(actual, new Set(sure).size, new Set([...sure, ...late]).size)
    case 'sum':
      return withinSum(actual, sure, late)
    case 'avg':
      return withinRange(actual, [...sure, ...late].map(doubleOf(metrics[index]!)))
    case 'min':
    case 'max':
      return [...sure, ...late].some((value) => equals(actual, value))
  }
}

function within(actual: Parsed, low: number | bigint, high: number | bigint): boolean {
  return (typeof actual === 'bigint' || typeof actual === 'number') && low <= actual && actual <= high
}

function withinSum(actual: Parsed, sure: readonly unknown[], late: readonly unknown[]): boolean {
  if (typeof actual === 'bigint') {
    const total = (values: readonly unknown[]): bigint =>
      (values as bigint[]).reduce((sum, each) => sum + each, 0n)
    const low = total(sure) + total(late.filter((each) => (each as bigint) < 0n))
    const high = total(sure) + total(late.filter((each) => (each as bigint) > 0n))
    return within(actual, low, high)
  }
  const total = (values: readonly unknown[]): number =>
    (values as number[]).reduce((sum, each) => sum + each, 0)
  const low = total(sure) + total(late.filter((each) => (each as number) < 0))
  const high = total(sure) + total(late.filter((each) => (each as number) > 0))
  const room = Math.max(Math.abs(low), Math.abs(high)) * tolerance
  return within(actual, low - room, high + room)
}

/** Units of a decimal as the number that they stand for. */
function doubleOf({ aggregate }: Pipeline['metrics'][number]): (value: Exact) => number {
  if (aggregate.kind === 'count-rows') return Number
  const { type } = aggregate.argument
  return (value) => Number(valueText(value, type))
}

function withinRange(actual: Parsed, numbers: readonly number[]): boolean {
  const low = numbers.reduce((least, each) => Math.min(least, each), Infinity)
  const high = numbers.reduce((greatest, each) => Math.max(greatest, each), -Infinity)
  const room = Math.max(Math.abs(low), Math.abs(high)) * tolerance
  return within(actual, low - room, high + room)
}
