/** Generated records into a topic: made while the broker acknowledges those before them, and counted when it has. */
import type { Sender } from '../engines/kafka-produce.ts'
import type { RecordGenerator } from './generator.ts'
import { Lanes } from './lanes.ts'
import type { Pace } from './pace.ts'

export interface SendOptions {
  /** Null: until the signal. */
  readonly count: number | null
  readonly pace: Pace
  readonly signal: AbortSignal
  onProgress(acknowledged: number): void
}

export interface Sent {
  /** On all replicas. */
  readonly acknowledged: number
  /** On their way when the signal came or the broker failed; nobody knows whether they arrived. */
  readonly uncertain: number
  /** What ended it early, null if nothing did; the signal is no error. */
  readonly error: unknown
}

/** What kafkajs is fast at: more at once cost it more than they save. */
const recordsInBatch = 1_000

/** How long after the signal acknowledgements are still waited for, in milliseconds. */
const grace = 10_000

/** Never throws: how far it came is what the caller has to tell. */
export async function sendRecords(
  generator: RecordGenerator,
  sender: Sender,
  options: SendOptions,
): Promise<Sent> {
  const lanes = new Lanes(sender, options.onProgress)
  const stopWaiting = giveUpAfterGrace(lanes, options.signal)
  try {
    await fill(generator, lanes, options)
  } catch (error) {
    lanes.error ??= error
  }
  await lanes.settled()
  stopWaiting()
  return { acknowledged: lanes.acknowledged, uncertain: lanes.uncertain, error: lanes.error }
}

async function fill(
  generator: RecordGenerator,
  lanes: Lanes,
  { count, pace, signal }: SendOptions,
): Promise<void> {
  const wanted = count ?? Number.POSITIVE_INFINITY
  let made = 0
  while (made < wanted && lanes.error === null) {
    const due = await pace.due(Math.min(recordsInBatch, wanted - made), signal)
    if (due === 0) return
    for (let record = 0; record < due; record++) lanes.add(generator.next())
    made += due
    // At a rate of less than a batch a tick, records do not wait for others to fill theirs.
    await lanes.flush(due < recordsInBatch ? 1 : recordsInBatch, signal)
  }
  await lanes.flush(1, signal)
}

function giveUpAfterGrace(lanes: Lanes, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    timer = setTimeout(() => lanes.giveUp(), grace)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
}
