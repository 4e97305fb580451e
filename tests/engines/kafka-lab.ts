/** A topic of a manifest, and what the Kafka engine is told beside it. */
import { randomBytes } from 'node:crypto'
import type { TopicResource } from '../../compiler/manifest.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { isFailure } from '../../runtime/failure.ts'

export function named(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

export function topicOf(topic: string, more: Partial<TopicResource> = {}): TopicResource {
  return {
    kind: 'kafka-topic',
    address: `kafka.topic.${topic}`,
    line: 1,
    hash: 'sha256:0000000000000000',
    topic,
    partitions: 2,
    config: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
    role: 'result',
    create: true,
    ...more,
  }
}

export function contextAt(endpoint: KafkaEndpoint, pipeline: string): Context {
  const endpoints = {
    environment: 'local',
    kafka: endpoint,
    flink: null,
    ksqldb: null,
    spark: null,
    pinot: null,
  }
  return {
    pipeline,
    endpoints,
    read: () => {
      throw new Error('a topic has no file')
    },
    signal: new AbortController().signal,
    now: Date.now,
  }
}

/** What it says, and what to do. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!isFailure(error)) throw new Error(`no Failure but ${String(error)}`)
  return `${error.message} ${error.next ?? ''}`
}
