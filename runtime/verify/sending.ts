/** Records that are sent while engines run: a job takes longer to start than Kafka to take the records. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../engines/engine.ts'

export interface Sending {
  /** Whether all are sent: what an engine says before is not its last word. */
  readonly done: boolean
}

/**
 * Both at once, and both at their end when this is; where sending fails, the engines are not waited for.
 *
 * @param run gets a context that ends with the sending, if that fails.
 * @returns what `run` gave, and when all was sent, in milliseconds since 1970.
 * @throws what `send` threw, or else what `run` did.
 */
export async function sendWhileRunning<T>(
  context: Context,
  send: () => Promise<void>,
  run: (context: Context, sending: Sending) => Promise<T>,
): Promise<{ readonly ran: T; readonly sentAt: number }> {
  const failed = new AbortController()
  const signal = AbortSignal.any([context.signal, failed.signal])
  const sending = { done: false }
  const sent = send().then(
    () => {
      sending.done = true
      return context.now()
    },
    (error: unknown) => {
      failed.abort(error)
      throw error
    },
  )
  const [sentAt, ran] = await allEnded([sent, run({ ...context, signal }, sending)])
  return { ran, sentAt }
}

/** Throws the signal's reason. */
export async function untilSent(sending: Sending, { signal }: Context): Promise<void> {
  while (!sending.done) await sleep(50, undefined, { signal })
}

/** As `Promise.all`, but nothing runs on when it rejects. */
export async function allEnded<const T extends readonly Promise<unknown>[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work)
  return Promise.all(work) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>
}
