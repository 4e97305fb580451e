/** Keeps a stream of records at a rate. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Pace {
  /** How many records are due, at least one: waits until there are. Resolves with 0 when the signal is aborted. */
  due(limit: number, signal: AbortSignal): Promise<number>
}

export const unpaced: Pace = {
  due: async (limit, signal) => (signal.aborted ? 0 : limit),
}

/** Batches of about a hundredth of a second: as even as a timer allows without sending records one by one. */
const tick = 10

/** `perSecond` records; those that a stall held up are made up for, at most a second's worth. */
export function pacedAt(perSecond: number, now: () => number): Pace {
  let last = now()
  let credit = 0
  const refill = (): void => {
    const current = now()
    credit = Math.min(credit + ((current - last) * perSecond) / 1000, Math.max(perSecond, 1))
    last = current
  }
  return {
    async due(limit, signal) {
      refill()
      while (credit < 1 && !signal.aborted) {
        const wait = Math.max(tick, ((1 - credit) * 1000) / perSecond)
        await sleep(wait, undefined, { signal }).catch(() => {})
        refill()
      }
      if (signal.aborted) return 0
      const count = Math.min(limit, Math.floor(credit))
      credit -= count
      return count
    },
  }
}
