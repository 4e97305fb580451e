/** How what pipec makes in ksqlDB is called, and what its queries are run with. */

import { aggregatedFields } from '../../expression/fields.ts'
import type { KsqldbEngine, Pipeline, Span } from '../../ir.ts'
import { isReadable } from './time.ts'

export interface Names {
  readonly source: string
  /** The stream between source and table, and its topic; null where the source's own column is the clock. */
  readonly timed: string | null
  readonly table: string
}

export function namesOf({ name, source }: Pipeline): Names {
  const prefix = `pipec_${name}`
  // Behind `pipec_` a pipeline's name begins with a letter: no other pipeline's stream can bear this one's name.
  const timed = isReadable(source.eventTime) ? null : `pipec__${name}_timed`
  return { source: prefix, timed, table: `${prefix}_aggregate` }
}

/** What each query is run with. At its default of a second the emit interval loses windows in a fast replay. */
export function settingsOf({ emit }: KsqldbEngine): Readonly<Record<string, string>> {
  return {
    'auto.offset.reset': 'earliest',
    'processing.guarantee': 'exactly_once_v2',
    ...(emit === 'final' ? { 'ksql.streams.__emit.interval.ms.kstreams.windowed.aggregation__': '0' } : {}),
  }
}

/** A field or metric that ksqlDB can have no column for. */
export interface ColumnProblem {
  readonly name: string
  readonly at: Span
  /** Completes "ksqlDB …". */
  readonly why: string
}

/** Every field of the source is a column too, used or not. */
export function columnProblems(pipeline: Pipeline): readonly ColumnProblem[] {
  const { source, groupBy, metrics } = pipeline
  const selected =
    namesOf(pipeline).timed === null ? new Set(groupBy.map(({ name }) => name)) : aggregatedFields(pipeline)
  const columns = [
    ...source.fields.map(({ name, at }) => ({ name, at, selected: selected.has(name) })),
    ...metrics.map(({ name, at }) => ({ name, at, selected: true })),
  ]
  return columns.flatMap(({ name, at, selected }) => {
    const why = columnProblem(name, selected)
    return why === null ? [] : [{ name, at, why }]
  })
}

/**
 * ksqlDB writes each statement anew for its own log, without doubling back-ticks (FormatOptions.java of its source). Its
 * own columns' names are refused for what is selected in any case, back-ticks or not (Analyzer.checkForReservedToken).
 */
function columnProblem(name: string, selected: boolean): string | null {
  if (name.includes('`')) return 'loses a back-tick inside a name when it writes the statement to its log'
  return pseudoColumns.has(selected ? name.toUpperCase() : name)
    ? 'has a column of its own with that name'
    : null
}

const pseudoColumns: ReadonlySet<string> = new Set([
  'ROWTIME',
  'ROWPARTITION',
  'ROWOFFSET',
  'WINDOWSTART',
  'WINDOWEND',
])
