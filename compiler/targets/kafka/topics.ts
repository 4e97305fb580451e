/** The topics of a pipeline: what it reads, what each engine writes. */
import type { Engines, Pipeline, Span } from '../../ir.ts'
import type { TopicResource } from '../../manifest.ts'

export interface Topic {
  readonly topic: string
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
  readonly role: TopicResource['role']
  /** Who makes it: ksqlDB refuses a sink topic whose retention it did not choose itself. */
  readonly madeBy: 'pipec' | 'ksqldb'
  readonly at: Span
}

/**
 * Results are about event time, and an engine may write that as the record's own time: with any finite retention a
 * replay of old data would be deleted by the broker as soon as it is written.
 */
const keptForEver = { 'cleanup.policy': 'delete', 'retention.ms': '-1' } as const

/** How long a source's records stay is the broker's or its owner's decision; that they are not compacted is ours. */
const notCompacted = { 'cleanup.policy': 'delete' } as const

/** In the order in which they are made: an engine's job must find its topics. */
export function topicsOf({ source, engines }: Pipeline): readonly Topic[] {
  return [
    {
      topic: source.topic,
      partitions: source.partitions,
      config: notCompacted,
      role: 'source',
      madeBy: 'pipec',
      at: source.at,
    },
    ...flinkTopics(engines.flink),
    ...ksqldbTopics(engines.ksqldb),
    ...sparkTopics(engines.spark),
  ]
}

/** Results are keyed by window and group, few in number; one partition keeps them in order of closing. */
function resultTopic(topic: string, role: 'result' | 'late', at: Span): Topic {
  return { topic, partitions: 1, config: keptForEver, role, madeBy: 'pipec', at }
}

function flinkTopics(flink: Engines['flink']): readonly Topic[] {
  if (flink === null) return []
  const result = resultTopic(flink.topic, 'result', flink.at)
  return flink.lateTopic === null ? [result] : [result, resultTopic(flink.lateTopic, 'late', flink.at)]
}

function ksqldbTopics(ksqldb: Engines['ksqldb']): readonly Topic[] {
  if (ksqldb === null) return []
  const { topic, at } = ksqldb
  return [{ topic, partitions: 1, config: {}, role: 'result', madeBy: 'ksqldb', at }]
}

function sparkTopics(spark: Engines['spark']): readonly Topic[] {
  return spark === null ? [] : [resultTopic(spark.topic, 'result', spark.at)]
}
