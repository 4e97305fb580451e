/** Sending records: acknowledged by all replicas, idempotent, partition by partition. */
import type { Kafka, Message, Producer } from 'kafkajs'
import type { KafkaEndpoint } from '../endpoints.ts'
import { abortable, openKafka, patient, soon } from './kafka-client.ts'
import { kafkaFailure } from './kafka-failure.ts'
import { topicOffsets } from './kafka-read.ts'

export interface KafkaRecord {
  readonly key: string | null
  readonly value: string | null
}

export interface Sender {
  readonly partitions: number
  /** Where Kafka's own clients would put the key. */
  partitionOf(key: string): number
  /**
   * Resolves when all replicas have the records, across a restart of the broker too. One call at a time for each
   * partition: kafkajs numbers batches as it sends them, and a second one that overtakes a failed first one would take
   * its number and be dropped as its repetition. One partition a call: with several brokers kafkajs repeats the whole
   * call when one of them fails.
   */
  send(partition: number, records: readonly KafkaRecord[]): Promise<void>
  close(): Promise<void>
}

/** Throws Failure when the topic is missing or Kafka cannot be reached, or the signal's reason. */
export async function openSender(
  endpoint: KafkaEndpoint,
  topic: string,
  signal: AbortSignal,
): Promise<Sender> {
  const { length: partitions } = await topicOffsets(endpoint, topic, signal)
  const kafka = await openKafka(endpoint, patient)
  const producer = explicitProducer(kafka)
  try {
    await abortable(producer.connect(), signal)
  } catch (error) {
    await soon(producer.disconnect())
    throw signal.aborted ? signal.reason : kafkaFailure(endpoint, error)
  }
  return {
    partitions,
    partitionOf: await keyPartitioner(topic, partitions),
    send: (partition, records) => send(endpoint, producer, topic, partition, records),
    close: () => soon(producer.disconnect()),
  }
}

/** Sends batches one after the other; for tests and checks that place each record themselves. */
export async function produceBatches(
  endpoint: KafkaEndpoint,
  topic: string,
  batches: Iterable<{ readonly partition: number; readonly records: readonly KafkaRecord[] }>,
  signal: AbortSignal,
): Promise<void> {
  const sender = await openSender(endpoint, topic, signal)
  try {
    for (const { partition, records } of batches) await abortable(sender.send(partition, records), signal)
  } finally {
    await sender.close()
  }
}

function explicitProducer(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  })
}

async function send(
  endpoint: KafkaEndpoint,
  producer: Producer,
  topic: string,
  partition: number,
  records: readonly KafkaRecord[],
): Promise<void> {
  const messages = records.map(({ key, value }): Message => ({ key, value, partition }))
  try {
    await producer.send({ topic, acks: -1, messages })
  } catch (error) {
    throw kafkaFailure(endpoint, error)
  }
}

async function keyPartitioner(topic: string, partitions: number): Promise<(key: string) => number> {
  const { Partitioners } = await import('kafkajs')
  const partitioner = Partitioners.DefaultPartitioner()
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }))
  return (key) => partitioner({ topic, partitionMetadata, message: { key, value: null } })
}
