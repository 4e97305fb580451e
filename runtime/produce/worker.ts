/** The other end of `parallel.ts`: a process that sends one share of the records. */
import { isFailure } from '../failure.ts'
import { type Share, sendShare } from './shares.ts'

/** What the parent says: the work, once, and then perhaps that it is enough. */
export type Order = { readonly kind: 'send'; readonly share: Share } | { readonly kind: 'stop' }

/** What a worker says. An error travels as its texts. */
export type Word =
  | { readonly kind: 'progress'; readonly acknowledged: number }
  | {
      readonly kind: 'sent'
      readonly acknowledged: number
      readonly uncertain: number
      readonly error: Told | null
    }

export interface Told {
  readonly message: string
  readonly next: string | null
  readonly detail: string | null
  /** False for a bug. */
  readonly expected: boolean
}

/** Milliseconds between two words about progress. */
const interval = 200

/** Takes its orders from the process that forked this one, and ends when it does. */
export function runWorker(): void {
  const stop = new AbortController()
  // Ctrl-C and a closed terminal reach the whole group; the parent decides, so that everything sent is counted.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('disconnect', () => stop.abort())
  process.on('message', (order: Order) => {
    if (order.kind === 'stop') stop.abort()
    else void work(order.share, stop.signal)
  })
}

async function work(share: Share, signal: AbortSignal): Promise<void> {
  let acknowledged = 0
  const timer = setInterval(() => tell({ kind: 'progress', acknowledged }), interval)
  const onProgress = (count: number): void => {
    acknowledged = count
  }
  try {
    const sent = await sendShare(share, signal, onProgress)
    await tell({ kind: 'sent', ...sent, error: sent.error === null ? null : told(sent.error) })
  } catch (error) {
    const stopped = signal.aborted && error === signal.reason
    await tell({ kind: 'sent', acknowledged, uncertain: 0, error: stopped ? null : told(error) })
  }
  clearInterval(timer)
  process.exit(0)
}

function told(error: unknown): Told {
  if (isFailure(error)) {
    return { message: error.message, next: error.next, detail: error.detail, expected: true }
  }
  const { message, stack = null } = error instanceof Error ? error : new Error(String(error))
  return { message, next: null, detail: stack, expected: false }
}

async function tell(word: Word): Promise<void> {
  if (process.connected)
    await new Promise<void>((resolve) => process.send?.(word, undefined, undefined, () => resolve()))
}
