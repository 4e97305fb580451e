/** One job's share of the work, and what it says about it: what a process of its own is told, and tells. */
import type { Generator, Source } from '../../compiler/ir.ts'
import type { KafkaEndpoint } from '../endpoints.ts'
import { openSender } from '../engines/kafka-produce.ts'
import { createGenerator } from './generator.ts'
import { pacedAt, unpaced } from './pace.ts'
import { type Sent, sendRecords } from './send.ts'

export interface Share {
  readonly source: Source
  readonly generator: Generator | null
  readonly endpoint: KafkaEndpoint
  readonly seed: number
  readonly index: number
  readonly of: number
  /** Null: until told to stop. */
  readonly count: number | null
  /** Records a second of this share, or null for as many as go. */
  readonly rate: number | null
}

/** The work as `of` shares whose counts and rates add up to the whole's. */
export function sharesOf(whole: Omit<Share, 'index' | 'of'>, of: number): readonly Share[] {
  const { count, rate } = whole
  return Array.from({ length: of }, (_, index) => ({
    ...whole,
    index,
    of,
    count: count === null ? null : Math.floor(count / of) + (index < count % of ? 1 : 0),
    rate: rate === null ? null : rate / of,
  }))
}

/** Throws Failure when the generator's rules or the connection fail; later errors are part of what it gives. */
export async function sendShare(
  share: Share,
  signal: AbortSignal,
  onProgress: (acknowledged: number) => void,
): Promise<Sent> {
  const now = Date.now
  const generator = await createGenerator(share.source, share.generator, {
    seed: share.seed,
    clock: { kind: 'wall', now },
    share,
  })
  const sender = await openSender(share.endpoint, share.source.topic, signal)
  try {
    const pace = share.rate === null ? unpaced : pacedAt(share.rate, now)
    return await sendRecords(generator, sender, { count: share.count, pace, signal, onProgress })
  } finally {
    await sender.close()
  }
}
