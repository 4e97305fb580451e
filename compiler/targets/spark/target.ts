/** Spark Structured Streaming: one Python job, and a cluster of one master and one worker to run it. */
import { hash } from '../../hash.ts'
import type { Pipeline, SparkEngine } from '../../ir.ts'
import type { ResourceDraft } from '../../manifest.ts'
import { type Artifact, everything, type Target } from '../target.ts'
import { batchView } from './batch.ts'
import { exactView } from './exact.ts'
import { sparkServices, versions } from './services.ts'

const file = 'spark/job.py'

export const spark: Target = {
  name: 'spark',
  capabilities: everything,
  emit: (pipeline) => withEngine(pipeline, (engine) => job(pipeline, engine)),
  resources: (pipeline) => withEngine(pipeline, (engine) => resource(pipeline, engine)),
  services: (pipeline) =>
    pipeline.engines.spark === null ? { services: {}, volumes: [] } : sparkServices(pipeline.engines.spark),
}

function withEngine<T>({ engines }: Pipeline, make: (engine: SparkEngine) => T): readonly T[] {
  return engines.spark === null ? [] : [make(engines.spark)]
}

function job(pipeline: Pipeline, { topic, lateRows }: SparkEngine): Artifact {
  return lateRows === 'exact'
    ? { path: file, template: 'spark/exact.py', view: exactView(pipeline, topic) }
    : { path: file, template: 'spark/job.py', view: batchView(pipeline, topic) }
}

/**
 * All that a checkpoint depends on: Spark takes up the state of another query silently and computes wrongly. The number
 * of source partitions is not among it: state keeps the number of shuffle partitions that it began with.
 */
function stateHash(pipeline: Pipeline, engine: SparkEngine): string {
  const { path: _, ...stateful } = job({ ...pipeline, source: { ...pipeline.source, partitions: 1 } }, engine)
  return hash(JSON.stringify([versions.spark, stateful]))
}

function resource(pipeline: Pipeline, engine: SparkEngine): ResourceDraft {
  const name = `pipec.${pipeline.name}`
  return {
    kind: 'spark-job',
    address: `spark.job.${name}`,
    name,
    file,
    stateHash: stateHash(pipeline, engine),
    sourceTopic: pipeline.source.topic,
    resultTopics: [engine.topic],
    stateful: engine.lateRows === 'exact',
    at: engine.at,
  }
}
