/**
 * How a topic says that pipec made it, and for which pipeline. Kafka has no labels on topics, so the mark is a value of
 * `flush.messages` that nobody else would write: at nearly 2^63 it means "never flush by count", as the default does,
 * and it is set in the very request that creates the topic.
 */
import { createHash } from 'node:crypto'

export const markerKey = 'flush.messages'

const never = 2n ** 63n - 1n

/** The value of `flush.messages` of a topic that pipec made for this pipeline: 2^63 - 1 less 1 to 2^31. */
export function markerOf(pipeline: string, topic: string): string {
  const digest = createHash('sha256').update(`${pipeline}\0${topic}`).digest()
  return String(never - 1n - BigInt(digest.readUInt32BE(0) >>> 1))
}
