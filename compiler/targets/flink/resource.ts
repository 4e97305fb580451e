/** The one job that apply starts, and what its saved state depends on. */
import { hash } from '../../hash.ts'
import type { FlinkEngine, Pipeline } from '../../ir.ts'
import type { ResourceDraft } from '../../manifest.ts'
import { type JobView, jobView, parallelism } from './job.ts'
import { namesOf } from './names.ts'
import { text } from './quote.ts'
import { versions } from './versions.ts'

export const file = 'flink/job.sql'

export function resource(pipeline: Pipeline, engine: FlinkEngine): ResourceDraft {
  const { job, group, source, result, late } = namesOf(pipeline, engine)
  const sinks = late === null ? [result] : [result, late]
  return {
    kind: 'flink-job',
    address: `flink.job.${job}`,
    name: job,
    file,
    stateHash: stateHash(jobView(pipeline, engine)),
    sourceTopic: source,
    resultTopics: sinks,
    group,
    parallelism: parallelism(pipeline, engine),
    kafkaTables: [source, ...sinks],
    at: engine.at,
  }
}

/**
 * Flink takes up the state of another query silently and computes wrongly from it, so this covers everything but the job's
 * size and pace: columns, filter, clock, window, aggregates, how they are planned, and the topics, for a new one has to
 * hold every window. The number of source partitions is not among it: the source finds new ones by itself.
 */
function stateHash({ settings, source, ...stateful }: JobView): string {
  const { several: _, ...table } = source
  const planned = settings.filter(({ key }) => !withoutState.has(key))
  return hash(JSON.stringify([versions.flink, planned, table, stateful]))
}

const withoutState: ReadonlySet<string> = new Set(
  ['parallelism.default', 'execution.checkpointing.interval', 'pipeline.object-reuse'].map(text),
)
