/** What a job's results are held against: the model of windows, and the metrics of the test's pipelines. */
import type { Window } from '../../compiler/ir.ts'
import { model } from '../model/oracle.ts'

export interface Event {
  readonly time: number
  readonly user: string | null
  readonly paid: number | null
}

/** The rows that a reader sees once the last event has arrived, by start and user. */
export function expectedRows(events: readonly Event[], window: Window, delay: number) {
  const rows = events.map(({ time, user }) => ({ time: BigInt(time), group: JSON.stringify(user) }))
  const closed = model(rows, window, delay).windows.filter((each) => each.closed)
  return closed.map(({ start, end, group, rows }) => ({
    window_start: Number(start),
    window_end: Number(end),
    user: JSON.parse(group) as string | null,
    ...metrics(rows.map((index) => events[index]!.paid)),
  }))
}

/** Sum, count, average, number of different amounts and least of them. */
function metrics(amounts: readonly (number | null)[]) {
  const paid = amounts.filter((each) => each !== null)
  const total = paid.length === 0 ? null : paid.reduce((sum, each) => sum + each, 0)
  return {
    total,
    n: amounts.length,
    mean: total === null ? null : total / paid.length,
    amounts: new Set(paid).size,
    least: paid.length === 0 ? null : Math.min(...paid),
  }
}
