/** What became of the records of a run, in one line. */
import type { EmbeddedResult } from '../../runtime/embedded/engine.ts'

export function summaryText({ summary, windows }: EmbeddedResult, millis: number): string {
  const parts = [
    `${count(summary.records)} ${summary.records === 1 ? 'record' : 'records'} read`,
    `${count(summary.malformed)} malformed`,
    `${count(summary.filteredOut)} filtered out`,
    `${count(summary.late)} late`,
    `${count(windows)} ${windows === 1 ? 'window' : 'windows'}`,
    `${count(Math.round((summary.records * 1000) / Math.max(millis, 1)))} records/s`,
  ]
  return `${parts.join(', ')}\n`
}

function count(number: number): string {
  return number.toLocaleString('en')
}
