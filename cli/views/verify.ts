/** What verify found, as a table and the first differences, and as JSON. */
import Table from 'cli-table3'
import type { Pipeline } from '../../compiler/ir.ts'
import type { Difference } from '../../runtime/verify/judge.ts'
import { columnsOf } from '../../runtime/verify/results.ts'
import type { StreamRow } from '../../runtime/verify/rows.ts'
import { valueText } from '../../runtime/verify/values.ts'
import type { EngineReport, Report } from '../../runtime/verify/verify.ts'

export type Outcome = 'equal' | 'different' | 'not judged'

export function outcomeOf({ verdict, reason, malformed }: EngineReport): Outcome {
  if (reason !== null) return 'not judged'
  return verdict.differences.length + malformed.length === 0 ? 'equal' : 'different'
}

export interface Shown {
  readonly pipeline: Pipeline
  readonly report: Report
  /** How many differences an engine's list has at most. */
  readonly differences: number
}

const mostRows = 10

export function verifyText(shown: Shown): string {
  const { report } = shown
  return [
    table(report),
    ...report.engines.flatMap((each) => engineLines(each, shown)),
    '',
    sentence(report),
    '',
  ].join('\n')
}

export const headings = [
  'engine',
  'windows',
  'equal',
  'different',
  'missing',
  'extra',
  'late kept',
  'repeats',
  'latency',
] as const

export function cells({ engine, verdict, repeats, latencyMillis, reason }: EngineReport): readonly string[] {
  const { windows, equal, different, missing, extra, late } = verdict
  const number = (count: number): string => count.toLocaleString('en')
  return [
    engine,
    number(windows),
    number(equal),
    number(different),
    reason === null ? number(missing) : '-',
    number(extra),
    late.admissible === 0 ? '-' : `${late.kept} of ${late.admissible}`,
    number(repeats),
    latencyMillis === null ? '-' : `${(latencyMillis / 1000).toFixed(1)} s`,
  ]
}

function table({ engines }: Report): string {
  const drawn = new Table({ head: [...headings], style: { head: [], border: [], compact: true } })
  for (const each of engines) drawn.push([...cells(each)])
  return drawn.toString()
}

/** What the table has no column for. */
export function remarks({ verdict: { late, bounded }, updates, reason }: EngineReport): readonly string[] {
  return [
    ...(reason === null ? [] : [`could not be judged: ${reason}`]),
    ...(late.windows === 0
      ? []
      : [`late rows: ${late.kept} kept of ${late.admissible} admissible, in ${late.windows} windows`]),
    ...(bounded === 0 ? [] : [`${bounded} windows judged by bounds: too many late rows for one answer`]),
    ...(updates === 0
      ? []
      : [`${updates} records changed a window that was written before; the last one counts`]),
  ]
}

function engineLines(each: EngineReport, shown: Shown): readonly string[] {
  const { verdict, malformed, engine } = each
  const about = remarks(each).map((line) => `${engine}: ${line}`)
  if (outcomeOf(each) !== 'different') return about
  const all = verdict.differences.length + malformed.length
  const listed = verdict.differences.slice(0, shown.differences)
  return [
    ...about,
    '',
    `${engine}, ${all === 1 ? 'the one difference' : listed.length < all ? `the first ${listed.length} of ${all} differences` : `${all} differences`}:`,
    ...listed.flatMap((difference) => differenceLines(difference, shown)),
    ...malformed
      .slice(0, shown.differences)
      .flatMap(({ text, reason }) => [`  malformed row: ${reason}`, `    ${printable(text)}`]),
  ]
}

function differenceLines(difference: Difference, { pipeline, report }: Shown): readonly string[] {
  const { kind, expected, actual, columns } = difference
  const names = columns.map((index) => pipeline.metrics[index]!.name)
  const row = expected ?? actual!
  return [
    `  ${kind}: ${boundsText(row)}${names.length === 0 ? '' : ` in ${names.join(', ')}`}`,
    ...(expected === null ? [] : [`    expected ${printable(expectedText(expected, pipeline))}`]),
    ...(actual === null ? [] : [`    actual   ${printable(actual.text)}`]),
    ...(expected === null ? [] : inputLines(expected.rows, report)),
  ]
}

export function boundsText({ start, end }: { readonly start: number; readonly end: number }): string {
  return `${timeText(start)} to ${timeText(end)}`
}

function timeText(millis: number): string {
  const time = new Date(millis)
  return Number.isNaN(time.getTime()) ? String(millis) : time.toISOString()
}

type ExpectedRow = NonNullable<Difference['expected']>

/** As an engine would write it. */
export function expectedText({ start, end, group, values }: ExpectedRow, pipeline: Pipeline): string {
  const all = [BigInt(start), BigInt(end), ...group, ...values]
  const members = columnsOf(pipeline).map(
    ({ name, type }, index) => `${JSON.stringify(name)}:${valueText(all[index]!, type)}`,
  )
  return `{${members.join(',')}}`
}

export interface InputRow {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** In a topic that only the run has written to, offsets count a partition's records. */
export function inputRows(rows: readonly StreamRow[], { sent }: Report): readonly InputRow[] {
  const wanted = new Set(rows.slice(0, mostRows).map(({ record }) => record))
  const offsets = new Map<number, number>()
  return sent.flatMap(({ partition, value }, record) => {
    const offset = offsets.get(partition) ?? 0
    offsets.set(partition, offset + 1)
    return wanted.has(record) ? [{ partition, offset, value }] : []
  })
}

function inputLines(rows: readonly StreamRow[], report: Report): readonly string[] {
  const more = rows.length - mostRows
  return [
    `    from ${rows.length} row${rows.length === 1 ? '' : 's'}:`,
    ...inputRows(rows, report).map(
      ({ partition, offset, value }) => `      ${partition}:${offset} ${printable(value)}`,
    ),
    ...(more > 0 ? [`      and ${more} more`] : []),
  ]
}

/** No row may steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·')
}

export function sentence({ engines, records, stream, filteredOut, malformedRecords }: Report): string {
  const count = (outcome: Outcome): readonly string[] =>
    engines.filter((each) => outcomeOf(each) === outcome).map(({ engine }) => engine)
  const number = (value: number): string => value.toLocaleString('en')
  const input = `${number(records)} records: ${number(stream)} rows, ${number(filteredOut)} filtered out, ${number(malformedRecords)} malformed.`
  const [equal, different, unjudged] = [count('equal'), count('different'), count('not judged')]
  const words = [
    ...(equal.length === 0 ? [] : [`${equal.join(', ')}: the same answer as the embedded engine.`]),
    ...(different.length === 0 ? [] : [`${different.join(', ')}: another answer than the embedded engine.`]),
    ...(unjudged.length === 0 ? [] : [`${unjudged.join(', ')}: could not be judged.`]),
  ]
  return [input, ...words].join('\n')
}

/** Documented in docs/json.md. */
export function verifyJson(shown: Shown): unknown {
  const { report, pipeline, differences } = shown
  const { records, stream, filteredOut, malformedRecords } = report
  return {
    pipeline: pipeline.name,
    input: { records, rows: stream, filteredOut, malformed: malformedRecords },
    engines: report.engines.map((each) => {
      const { verdict, reason, engine, topic, repeats, updates, malformed } = each
      const { differences: found, ...counts } = verdict
      return {
        engine,
        topic,
        outcome: outcomeOf(each),
        reason,
        ...counts,
        malformed: malformed.length,
        repeats,
        updates,
        latencyMillis: each.latencyMillis,
        engineMillis: each.engineMillis,
        differences: found.slice(0, differences).map((each) => differenceJson(each, shown)),
        malformedRows: malformed.slice(0, differences),
      }
    }),
    notes: report.notes,
  }
}

function differenceJson(
  { kind, expected, actual, columns }: Difference,
  { pipeline, report }: Shown,
): unknown {
  const { start, end } = expected ?? actual!
  return {
    kind,
    windowStart: start,
    windowEnd: end,
    columns: columns.map((index) => pipeline.metrics[index]!.name),
    expected: expected === null ? null : expectedText(expected, pipeline),
    actual: actual?.text ?? null,
    inputRows: expected?.rows.length ?? null,
    input: expected === null ? [] : inputRows(expected.rows, report),
  }
}
