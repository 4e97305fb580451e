/**
 * The same records through every engine and through the embedded one. Records are sent and jobs start at once: in which order
 * a job meets the partitions' records is its own affair, and rows in each of them close every window.
 */
import type { EngineName, Pipeline } from '../../compiler/ir.ts'
import type { Manifest, Resource, TopicResource } from '../../compiler/manifest.ts'
import type { Context, Engine } from '../engines/engine.ts'
import { openSender } from '../engines/kafka-produce.ts'
import { Failure } from '../failure.ts'
import { wantedResources } from '../plan.ts'
import type { Progress } from '../progress.ts'
import { ruleOf } from './bounds.ts'
import { closingRecords } from './closing.ts'
import { answerOf, type Cluster, clustersOf } from './clusters.ts'
import { makeTopics } from './deployment.ts'
import { type Ended, type EngineRun, runEngine } from './engine-run.ts'
import { judge, type Verdict } from './judge.ts'
import { assertOracle } from './oracle.ts'
import { identityOf, Results } from './results.ts'
import { type Evaluated, evaluate, type Oracle, type SentRecord } from './rows.ts'
import { allEnded, sendWhileRunning } from './sending.ts'

export interface VerifyRequest {
  /** Under the run's name, as is everything here. */
  readonly pipeline: Pipeline
  readonly manifest: Manifest
  readonly context: Context
  readonly engines: readonly Engine[]
  /** Null: all that the pipeline names and that are here. */
  readonly only: EngineName | null
  readonly oracle: Oracle
  readonly records: readonly SentRecord[]
  /** Milliseconds without progress after which an engine is given up. */
  readonly timeout: number
  readonly progress: Progress
}

export interface EngineReport {
  readonly engine: EngineName
  readonly topic: string
  readonly verdict: Verdict
  /** Why it could not be judged; null when it could. */
  readonly reason: string | null
  readonly repeats: number
  readonly updates: number
  readonly malformed: readonly { readonly text: string; readonly reason: string }[]
  /** From when all was there and the job ran to its last row; null where none came. */
  readonly latencyMillis: number | null
  /** From the start of its job, while records were sent, to its last row; null where none came. */
  readonly engineMillis: number | null
}

export interface Report {
  readonly records: number
  readonly stream: number
  readonly filteredOut: number
  readonly malformedRecords: number
  /** All that was sent, the closing rows last; for showing what a row was made of. */
  readonly sent: readonly SentRecord[]
  readonly engines: readonly EngineReport[]
  readonly notes: readonly string[]
}

interface Prepared {
  readonly sent: readonly SentRecord[]
  readonly data: Evaluated
  /** The closing rows' time. */
  readonly horizon: number
}

/** Throws Failure where nothing can be compared; what one engine does wrong is part of its report. */
export async function verify(request: VerifyRequest): Promise<Report> {
  const { manifest, pipeline, context, engines, only, progress } = request
  const prepared = await prepare(request)
  const wanted = wantedResources(manifest, context.endpoints, only)
  const jobs = wanted.resources.filter(isJob)
  if (jobs.length === 0) throw nothingToCompare(wanted.notes, only)
  const runs = jobs.map((job) => engineRun(job, request, prepared))
  const atOnce = wanted.resources.filter((each) => !jobs.some((job) => waitsFor(job, each, pipeline)))
  await makeTopics(atOnce, engines, context, progress)
  const { ended, sentAt } = await sentAndRun(runs, prepared, request)
  return {
    records: request.records.length,
    stream: prepared.data.rows.length,
    filteredOut: prepared.data.refused.length,
    malformedRecords: prepared.data.malformed,
    sent: prepared.sent,
    engines: runs.map((run, index) => reportOf(run, ended[index]!, sentAt, pipeline)),
    notes: wanted.notes.filter((note) => only === null || note.startsWith(`${only} `)),
  }
}

function nothingToCompare(notes: readonly string[], only: EngineName | null): Failure {
  const which = only === null ? 'No engine of the pipeline' : `No job of ${only}`
  return new Failure(`${which} is here to be compared.`, {
    detail: notes.join('\n'),
    next: 'Start the engines with `pipec up`, or name one that the pipeline has.',
  })
}

/** Everything that can go wrong before an engine is touched. */
async function prepare({ records, pipeline, oracle }: VerifyRequest): Promise<Prepared> {
  const alone = await evaluate(records, pipeline, oracle)
  const closing = closingRecords(records, alone, pipeline)
  const sent = [...records, ...closing]
  const { rows } = await evaluate(closing, pipeline, oracle)
  if (rows.length < closing.length) throw unclosed()
  const horizon = rows.reduce((least, { time }) => Math.min(least, time), Infinity)
  return { sent, data: alone, horizon }
}

function unclosed(): Failure {
  return new Failure(
    '`where` refuses the rows that would close the windows: a row as it passes, with a later time.',
    {
      next: 'Leave the time out of `where` for this check, or compare the engines by eye with `pipec tail`.',
    },
  )
}

interface Planned extends Omit<EngineRun, 'sending'> {
  readonly clusters: readonly Cluster[]
}

type Job = Extract<Resource, { readonly sourceTopic: string }>

function isJob(resource: Resource): resource is Job {
  return 'sourceTopic' in resource
}

/**
 * Whether it is the topic before which the job reads nothing: one that it writes to. Of several partitions Spark is to read
 * all in its first batch, or rows of one would be late for what it has read of another.
 */
function waitsFor(job: Job, resource: Resource, { source }: Pipeline): boolean {
  if (job.kind !== 'spark-job' || source.partitions === 1) return false
  return resource.kind === 'kafka-topic' && job.resultTopics.includes(resource.topic)
}

function engineRun(job: Job, request: VerifyRequest, { data, horizon }: Prepared): Planned {
  const { pipeline, manifest, context, engines, progress } = request
  const engine = engines.find(({ kinds }) => kinds.includes(job.kind))!
  const name = engine.key as EngineName
  const topic = pipeline.engines[name]!.topic
  const rule = ruleOf(name, pipeline, context.read(job.file), horizon)
  const judgement = pipeline.source.partitions === 1 ? data : null
  const clusters = clustersOf(data.rows, pipeline, rule, judgement)
  const later = manifest.resources.filter((each) => waitsFor(job, each, pipeline))
  return {
    name,
    engine,
    job,
    topic,
    ownTopic: !isMade(manifest, topic),
    makeTopic: later.length === 0 ? null : () => makeTopics(later, engines, context, progress),
    results: new Results(pipeline, horizon, context.now),
    awaited: awaitedOf(clusters, pipeline),
    clusters,
  }
}

/** A window has its bounds whatever late rows are in it; of sessions, only those that no late row can change are known. */
function awaitedOf(clusters: readonly Cluster[], pipeline: Pipeline): ReadonlySet<string> {
  const sure = clusters.filter(
    ({ must, extra, loose }) =>
      must.length > 0 && (pipeline.window.kind !== 'session' || (extra.length === 0 && !loose)),
  )
  if (pipeline.window.kind !== 'session') return new Set(sure.map(identityOf))
  return new Set(sure.flatMap((each) => answerOf(each, each.must, pipeline).map(identityOf)))
}

function isMade({ resources }: Manifest, topic: string): boolean {
  return resources.some(
    (each): each is TopicResource => each.kind === 'kafka-topic' && each.topic === topic && each.create,
  )
}

const recordsInBatch = 1_000

/** Each partition in order, partitions at once. */
async function send(
  records: readonly SentRecord[],
  { pipeline, context, progress }: Pick<VerifyRequest, 'pipeline' | 'context' | 'progress'>,
): Promise<void> {
  const step = progress.start('sending', records.length)
  const sender = await openSender(context.endpoints.kafka, pipeline.source.topic, context.signal)
  let sent = 0
  try {
    const lanes = Array.from({ length: sender.partitions }, (_, partition) =>
      records.filter((record) => record.partition === partition),
    )
    await Promise.all(
      lanes.map(async (lane, partition) => {
        for (let start = 0; start < lane.length; start += recordsInBatch) {
          context.signal.throwIfAborted()
          const batch = lane.slice(start, start + recordsInBatch)
          await sender.send(partition, batch)
          sent += batch.length
          step.update(sent)
        }
      }),
    )
  } finally {
    step.finish()
    await sender.close()
  }
}

/** The oracle is checked meanwhile. */
async function sentAndRun(
  runs: readonly Planned[],
  { sent, data }: Prepared,
  { records, pipeline, oracle, ...request }: VerifyRequest,
): Promise<{ readonly ended: readonly Ended[]; readonly sentAt: number }> {
  const { progress, timeout } = request
  const running = sendWhileRunning(
    request.context,
    () => send(sent, { pipeline, ...request }),
    (context, sending) =>
      allEnded(runs.map((run) => runEngine({ ...run, sending }, context, progress, timeout))),
  )
  const [{ ran, sentAt }] = await allEnded([running, assertOracle(data, records, pipeline, oracle)])
  return { ended: ran, sentAt }
}

function reportOf(
  run: Planned,
  { reason, startedAt, runningAt, lastAt }: Ended,
  sentAt: number,
  pipeline: Pipeline,
): EngineReport {
  const { results } = run
  return {
    engine: run.name,
    topic: run.topic,
    verdict: judge(run.clusters, [...results.rows.values()], pipeline),
    reason,
    repeats: results.repeats,
    updates: results.updates,
    malformed: results.malformed,
    latencyMillis:
      lastAt === null || runningAt === null ? null : Math.max(0, lastAt - Math.max(sentAt, runningAt)),
    engineMillis: lastAt === null ? null : lastAt - startedAt,
  }
}
