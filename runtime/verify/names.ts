/** The pipeline under a name of its own: what a run makes never meets what is applied. */
import type { Engines, Pipeline } from '../../compiler/ir.ts'

/** `<name>_v<id>`, within the 63 characters that a pipeline's name may have. */
export function runName(name: string, id: string): string {
  const suffix = `_v${id}`
  return `${name.slice(0, 63 - suffix.length)}${suffix}`
}

export function isRunName(name: string): boolean {
  return /^[a-z][a-z0-9_]*_v[0-9a-f]{6}$/.test(name)
}

/** Kafka's limit is 249 characters. */
function topicName(topic: string, id: string): string {
  const suffix = `_v${id}`
  return `${topic.slice(0, 249 - suffix.length)}${suffix}`
}

/** Serves nothing, and has only the engines that the run judges. @param id six hex digits. */
export function renamed(pipeline: Pipeline, id: string): Pipeline {
  const topic = (name: string): string => topicName(name, id)
  const { flink, ksqldb, spark } = pipeline.engines
  const engines: Engines = {
    flink:
      flink === null
        ? null
        : {
            ...flink,
            topic: topic(flink.topic),
            lateTopic: flink.lateTopic === null ? null : topic(flink.lateTopic),
          },
    ksqldb: ksqldb === null ? null : { ...ksqldb, topic: topic(ksqldb.topic) },
    spark: spark === null ? null : { ...spark, topic: topic(spark.topic) },
  }
  return {
    ...pipeline,
    name: runName(pipeline.name, id),
    source: { ...pipeline.source, topic: topic(pipeline.source.topic) },
    engines,
    pinot: null,
    environments: [],
  }
}
