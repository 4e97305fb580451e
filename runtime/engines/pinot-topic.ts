/**
 * Whether a topic is still the one that a table reads. Pinot goes by offsets: when a topic was deleted and made again, it
 * keeps the old rows and skips as many of the new ones, silently. Kafka's clients for Node do not tell a topic's id, so
 * apply puts a mark on the topic that goes when the topic goes: a `flush.ms` so near to 2^63 that it still means
 * "never flush by time", the default, and that nobody else would write.
 */
import type { TopicResource } from '../../compiler/manifest.ts'
import type { KafkaEndpoint } from '../endpoints.ts'
import { withAdmin } from './kafka-client.ts'
import { faultType } from './kafka-failure.ts'
import { alterTopic, describeTopics, type TopicDetail } from './kafka-topics.ts'

const key = 'flush.ms'
const never = 2n ** 63n - 1n

/** Milliseconds since the epoch have 41 bits until 2039. */
const room = 2n ** 43n

/** A topic's mark, null for a topic without one. Topics that are not there are not in the map. */
export type TopicMarks = ReadonlyMap<TopicResource['topic'], string | null>

export async function topicMarks(
  kafka: KafkaEndpoint,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<TopicMarks> {
  const found = await describe(kafka, topics, signal)
  return new Map(found.map((detail) => [detail.topic, markIn(detail)]))
}

/**
 * The topic's mark, put there now if it has none; null where Kafka does not let us, and then a topic that is made again
 * goes unnoticed. `now` in milliseconds tells this mark from any earlier one's.
 */
export async function markTopic(
  kafka: KafkaEndpoint,
  topic: string,
  now: number,
  signal: AbortSignal,
): Promise<string | null> {
  const [detail] = await describe(kafka, [topic], signal)
  if (detail === undefined) return null
  const mark = markIn(detail)
  return mark ?? (await putMark(kafka, detail, String(never - BigInt(now)), signal))
}

async function putMark(
  kafka: KafkaEndpoint,
  detail: TopicDetail,
  mark: string,
  signal: AbortSignal,
): Promise<string | null> {
  return withAdmin(
    kafka,
    async (admin) => {
      try {
        await alterTopic(admin, detail, { [key]: mark })
        return mark
      } catch (error) {
        if (refusals.has(faultType(error) ?? '')) return null
        throw error
      }
    },
    signal,
  )
}

const refusals = new Set([
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])

async function describe(
  kafka: KafkaEndpoint,
  topics: readonly string[],
  signal: AbortSignal,
): Promise<readonly TopicDetail[]> {
  return withAdmin(
    kafka,
    async (admin) => {
      const all = new Set(await admin.listTopics())
      return describeTopics(
        admin,
        '',
        topics.filter((topic) => all.has(topic)),
      )
    },
    signal,
  )
}

function markIn({ explicit }: TopicDetail): string | null {
  const value = explicit[key]
  if (value === undefined || !/^\d+$/.test(value)) return null
  const number = BigInt(value)
  return number < never && number > never - room ? value : null
}
