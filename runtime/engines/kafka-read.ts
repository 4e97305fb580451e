/** Reading topics as a result's reader does: committed records only, from where one says to where one says. */
import { randomUUID } from 'node:crypto'
import type { Admin, Consumer, Kafka } from 'kafkajs'
import type { KafkaEndpoint } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import { abortable, openKafka, patient, settled, soon, withAdmin } from './kafka-client.ts'
import { kafkaFailure } from './kafka-failure.ts'
import { type PartitionOffsets, Reading, type ReadRange, type TopicRecord } from './kafka-reading.ts'

/** Sorted by partition. Throws Failure when there is no such topic. */
export async function topicOffsets(
  endpoint: KafkaEndpoint,
  topic: string,
  signal?: AbortSignal,
): Promise<readonly PartitionOffsets[]> {
  return withAdmin(
    endpoint,
    async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) throw missingTopic(endpoint, topic)
      const offsets = await settled(() => admin.fetchTopicOffsets(topic))
      return offsets
        .map(({ partition, low, high }) => ({ partition, begin: Number(low), end: Number(high) }))
        .sort((one, other) => one.partition - other.partition)
    },
    signal,
  )
}

export function missingTopic(endpoint: KafkaEndpoint, topic: string): Failure {
  return new Failure(`Kafka at ${endpoint.bootstrapServers} has no topic "${topic}".`, {
    next: 'Run `pipec apply` first: it makes the topics of the pipeline.',
  })
}

/** How many records a group has yet to read of a topic, markers included; null if it has never committed. */
export async function groupLag(
  endpoint: KafkaEndpoint,
  group: string,
  topic: string,
  signal?: AbortSignal,
): Promise<number | null> {
  return withAdmin(
    endpoint,
    async (admin) => {
      const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      const positions = new Map(
        committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
      )
      if (![...positions.values()].some((offset) => offset >= 0)) return null
      const ends = await settled(() => admin.fetchTopicOffsets(topic))
      return ends.reduce((lag, { partition, low, high }) => {
        return lag + Number(high) - Math.max(Number(low), positions.get(partition) ?? -1)
      }, 0)
    },
    signal,
  )
}

/**
 * Hands over each record, in order within a partition, and gives how many there were. Throws Failure with the broker's
 * words, or the signal's reason.
 */
export async function readTopic(
  endpoint: KafkaEndpoint,
  topic: string,
  range: ReadRange,
  onRecord: (record: TopicRecord) => undefined | 'stop',
  signal: AbortSignal,
): Promise<number> {
  const offsets = await topicOffsets(endpoint, topic, signal)
  const reading = new Reading(offsets, range, onRecord)
  if (reading.finished) return 0
  const kafka = await openKafka(endpoint, patient)
  // kafkajs reads only as a member of a group; this one commits nothing and is deleted at the end.
  const groupId = `pipec-read-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250, allowAutoTopicCreation: false })
  try {
    await abortable(consume(consumer, topic, reading), signal)
    return reading.count
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw kafkaFailure(endpoint, error)
  } finally {
    await leave(kafka, consumer, groupId)
  }
}

async function consume(consumer: Consumer, topic: string, reading: Reading): Promise<void> {
  const done = new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error)
    })
    // Told of batches of nothing but transaction markers too, which `eachBatch` never sees.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      reading.reached(payload.partition, Number(payload.lastOffset) + 1)
      if (reading.finished) resolve()
    })
  })
  done.catch(() => {})
  // At every join: after a crash kafkajs joins anew, and with nothing committed it would start from the beginning.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, offset] of reading.positions) {
      consumer.seek({ topic, partition, offset: String(offset) })
    }
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatch: async (payload) => reading.take(payload) })
  await done
}

async function leave(kafka: Kafka, consumer: Consumer, groupId: string): Promise<void> {
  await soon(consumer.disconnect())
  const admin = kafka.admin({ retry: { retries: 0 } })
  await soon(forget(admin, groupId))
  await soon(admin.disconnect())
}

/** An empty group without offsets is forgotten by the broker on its own, sooner or later. */
async function forget(admin: Admin, groupId: string): Promise<void> {
  await admin.connect()
  await admin.deleteGroups([groupId])
}
