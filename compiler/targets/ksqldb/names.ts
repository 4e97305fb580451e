/** How what pipec makes in ksqlDB is called, and what its queries are run with. */
import type { KsqldbEngine, Pipeline } from '../../ir.ts'
import { isReadable } from './time.ts'

export interface Names {
  readonly source: string
  /** The stream between source and table, and its topic; null where the source's own column is the clock. */
  readonly timed: string | null
  readonly table: string
}

export function namesOf({ name, source }: Pipeline): Names {
  const prefix = `pipec_${name}`
  const timed = isReadable(source.eventTime) ? null : `${prefix}_timed`
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
