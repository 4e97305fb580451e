/** One more row in each partition, so late that every window of the data closes: streams have no end. */
import type { Pipeline } from '../../compiler/ir.ts'
import { Failure } from '../failure.ts'
import { timeWriter } from '../produce/time-text.ts'
import { readMembers, writeMembers } from './lossless.ts'
import type { Evaluated, SentRecord } from './rows.ts'

const day = 86_400_000
/** No zone has turned its clocks back by more in the time of computers. */
const turnedBack = 3 * 3_600_000

/**
 * Copies of a row that `where` keeps. Throws Failure when there is none: then there is nothing to compare. No later than
 * need be: on ksqlDB the closing row of one partition may come before another's whole backlog, and makes late what of it
 * lies a grace period behind.
 */
export function closingRecords(
  records: readonly SentRecord[],
  { rows }: Evaluated,
  { source, window }: Pipeline,
): readonly SentRecord[] {
  const [pattern] = rows
  if (pattern === undefined)
    throw new Failure('None of the records passes `where`: there are no windows to compare.', {
      next: 'Have the generator make rows that pass, send more of them, or give a file with --input.',
    })
  const { format, timeZone, field, watermarkDelay } = source.eventTime
  const latest = rows.reduce((greatest, { time }) => Math.max(greatest, time), -Infinity)
  const length = window.kind === 'session' ? window.gap : window.size
  const time =
    latest +
    length +
    watermarkDelay +
    // Formats round times down.
    2 * granularity(format.kind === 'pattern' ? format.pattern : '') +
    (timeZone === 'UTC' ? 0 : turnedBack)
  const { key, value } = records[pattern.record]!
  const members = new Map(readMembers(value))
  members.set(field, timeText(timeWriter(format, timeZone), time))
  const closing = writeMembers(members)
  return Array.from({ length: source.partitions }, (_, partition) => ({ partition, key, value: closing }))
}

/** Milliseconds to which a pattern rounds, at most. */
function granularity(pattern: string): number {
  if (pattern === '' || pattern.includes('ss')) return 1000
  if (pattern.includes('mm')) return 60_000
  if (pattern.includes('HH')) return 3_600_000
  return pattern.includes('dd') ? day : pattern.includes('MM') ? 31 * day : 366 * day
}

function timeText(write: (millis: number) => string, time: number): string {
  try {
    return write(time)
  } catch {
    throw new Failure(
      'The records reach up to the end of the calendar: no later row can close their windows.',
      {
        next: 'Leave out rows of the year 9999.',
      },
    )
  }
}
