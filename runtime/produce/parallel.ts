/** Several processes that send at once: one Node process is bound to one core. */
import type { ChildProcess } from 'node:child_process'
import { Failure } from '../failure.ts'
import type { Sent } from './send.ts'
import type { Share } from './shares.ts'
import type { Order, Told, Word } from './worker.ts'

/** Starts a process that runs `runWorker`, with an IPC channel of the `advanced` serialization (bigints) and stderr piped. */
export type ForkWorker = () => ChildProcess

/** Sends every share in a process of its own. Never throws: errors are part of what it gives. */
export async function sendInParallel(
  shares: readonly Share[],
  fork: ForkWorker,
  signal: AbortSignal,
  onProgress: (acknowledged: number) => void,
): Promise<Sent> {
  const counts = shares.map(() => 0)
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const results = await Promise.all(
    shares.map(async (share) => {
      const sent = await sendInProcess(share, fork(), either, (acknowledged) => {
        counts[share.index] = acknowledged
        onProgress(counts.reduce((sum, count) => sum + count, 0))
      })
      // The others would go on towards a number that cannot be reached any more.
      if (sent.error !== null) stop.abort()
      return sent
    }),
  )
  return {
    acknowledged: results.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    uncertain: results.reduce((sum, { uncertain }) => sum + uncertain, 0),
    error: results.find(({ error }) => error !== null)?.error ?? null,
  }
}

/** Longer than a worker itself waits for acknowledgements, in milliseconds. */
const patience = 20_000

function sendInProcess(
  share: Share,
  child: ChildProcess,
  signal: AbortSignal,
  onProgress: (acknowledged: number) => void,
): Promise<Sent> {
  return new Promise((resolve) => {
    let acknowledged = 0
    let killer: NodeJS.Timeout | undefined
    const complaints = lastWords(child)
    const stop = (): void => {
      order(child, { kind: 'stop' })
      killer = setTimeout(() => child.kill('SIGKILL'), patience)
    }
    const finish = (sent: Sent): void => {
      signal.removeEventListener('abort', stop)
      clearTimeout(killer)
      resolve(sent)
    }
    child.on('message', (word: Word) => {
      acknowledged = word.acknowledged
      onProgress(acknowledged)
      if (word.kind === 'sent') finish({ ...word, error: word.error === null ? null : untold(word.error) })
    })
    child.on('error', (error) => finish({ acknowledged, uncertain: 0, error: cannotStart(error) }))
    child.on('close', (code, by) =>
      finish({ acknowledged, uncertain: 0, error: died(code ?? by, complaints()) }),
    )
    signal.addEventListener('abort', stop, { once: true })
    order(child, { kind: 'send', share })
    if (signal.aborted) stop()
  })
}

function order(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order, () => {})
}

function lastWords(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2_000)
  })
  return () => words
}

function untold({ message, next, detail, expected }: Told): Error {
  if (expected)
    return new Failure(message, {
      ...(next === null ? {} : { next }),
      ...(detail === null ? {} : { detail }),
    })
  return Object.assign(new Error(message), { stack: detail ?? message })
}

function cannotStart(error: Error): Failure {
  return new Failure(`A process for --parallel cannot be started: ${error.message}.`, {
    next: 'Try fewer: `--parallel 2`.',
    cause: error,
  })
}

function died(how: number | string | null, words: string): Failure {
  return new Failure(`A process of --parallel ended with ${how} before it was done.`, {
    next: 'Look whether the machine is short of memory, and try fewer: `--parallel 2`.',
    ...(words === '' ? {} : { detail: words }),
  })
}
