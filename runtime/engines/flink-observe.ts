/** What runs in Flink under the pipeline's name. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import type { Actual, Context } from './engine.ts'
import { hasLeft, leftBehind } from './flink-checkpoints.ts'
import {
  isTerminal,
  type JobOverview,
  type JobState,
  jobOf,
  jobsNamed,
  lastFailure,
  lastSavepoint,
  parametersOf,
  pendingOf,
  restartsOf,
  type Savepoint,
  watermarkOf,
} from './flink-rest.ts'

export interface FlinkDetail {
  /** Of the job that counts: the one that has run longest, else the last one that ran. Null for one that is forgotten. */
  readonly id: string | null
  /** Null for a job that bears the name but was not started by apply, or for what is left of jobs that are forgotten. */
  readonly stateHash: string | null
  readonly parallelism: string | null
  /** What it can go on from once it has ended. */
  readonly savepoint: Savepoint | null
  /** The other jobs of the name that run; there should be none. */
  readonly duplicates: readonly string[]
}

export type ActualFlinkJob = Actual<FlinkDetail>

/** Kept in the job's own parameters: the only place of a running job that Flink shows to others. */
export const parameters = {
  hash: 'pipec.hash',
  stateHash: 'pipec.state-hash',
  parallelism: 'pipec.parallelism',
  destroyed: 'pipec.destroyed',
} as const

export async function observe(
  desired: readonly FlinkJobResource[],
  context: Context,
): Promise<readonly ActualFlinkJob[]> {
  const name = `pipec.${context.pipeline}`
  const jobs = await jobsNamed(name, context)
  const live = liveFirst(jobs)
  const [counted] = live.length > 0 ? live : jobs
  if (counted === undefined) return forgotten(name, desired, context)
  const own = await parametersOf(counted.jid, context)
  if (live.length === 0 && isOver(own)) return desired.length > 0 ? [] : forgotten(name, [], context)
  return [await actualOf(counted, own, live.slice(1), context)]
}

/** The one that has run longest first: of two jobs of one name the younger cannot open its transactions and restarts. */
function liveFirst(jobs: readonly JobOverview[]): readonly JobOverview[] {
  const live = jobs.filter((job) => !isTerminal(job.state)).reverse()
  return [...live.filter(isRunning), ...live.filter((job) => !isRunning(job))]
}

function isRunning({ state }: JobOverview): boolean {
  return state === 'RUNNING'
}

/**
 * A JobManager forgets all jobs when it ends, and an ended one a day later. What jobs left of the same query counts; where no
 * job is wanted, whatever is left.
 */
async function forgotten(
  name: string,
  [desired]: readonly FlinkJobResource[],
  context: Context,
): Promise<readonly ActualFlinkJob[]> {
  const savepoint = desired === undefined ? null : await leftBehind(desired, context)
  if (savepoint === null && (desired !== undefined || !(await hasLeft(name, context)))) return []
  return [
    {
      address: `flink.job.${name}`,
      kind: 'flink-job',
      hash: null,
      status: 'stopped',
      summary: 'its JobManager has forgotten it',
      position: null,
      detail: {
        id: null,
        stateHash: desired?.stateHash ?? null,
        parallelism: null,
        savepoint,
        duplicates: [],
      },
    },
  ]
}

/** A job that ended and that nobody should go on from: removed on purpose, or never pipec's. */
function isOver(own: Readonly<Record<string, string>>): boolean {
  return own[parameters.hash] === undefined || own[parameters.destroyed] !== undefined
}

async function actualOf(
  job: JobOverview,
  own: Readonly<Record<string, string>>,
  others: readonly JobOverview[],
  context: Context,
): Promise<ActualFlinkJob> {
  const [said, savepoint] = await Promise.all([health(job, context), lastSavepoint(job.jid, context)])
  return {
    address: `flink.job.${job.name}`,
    kind: 'flink-job',
    hash: written(own[parameters.hash]),
    status: statuses[job.state],
    ...said,
    detail: {
      id: job.jid,
      stateHash: written(own[parameters.stateHash]),
      parallelism: own[parameters.parallelism] ?? null,
      savepoint,
      duplicates: others.map(({ jid }) => jid),
    },
  }
}

/** Job parameters are one string of `key:value` pairs, so a hash goes in with a dash for its colon. */
export function asParameter(hash: string): string {
  return hash.replace(':', '-')
}

function written(parameter: string | undefined): string | null {
  return parameter?.replace('-', ':') ?? null
}

const statuses: Readonly<Record<JobState, ActualFlinkJob['status']>> = {
  INITIALIZING: 'starting',
  CREATED: 'starting',
  RECONCILING: 'starting',
  RUNNING: 'running',
  RESTARTING: 'failed',
  FAILING: 'failed',
  FAILED: 'failed',
  CANCELLING: 'stopped',
  CANCELED: 'stopped',
  FINISHED: 'stopped',
  SUSPENDED: 'stopped',
}

type Health = Pick<ActualFlinkJob, 'summary' | 'position'>

async function health(job: JobOverview, context: Context): Promise<Health> {
  switch (statuses[job.state]) {
    case 'failed': {
      const reason = (await lastFailure(job.jid, context)) ?? 'Flink gives no reason'
      return { summary: `${job.state}: ${reason}`, position: null }
    }
    case 'stopped':
    case 'starting':
      return { summary: job.state, position: null }
    case 'running':
      return running(job, context)
  }
}

/** A JobManager needs so long to ask its tasks: milliseconds. */
const refreshing = 500

/**
 * The JobManager asks its tasks for numbers only when it is asked itself, and answers with those of the time before (seen
 * on Flink 2.2.1); what it does not know yet is left out.
 */
async function running({ jid, duration }: JobOverview, context: Context): Promise<Health> {
  if (context.current) {
    await jobOf(jid, context)
    await sleep(refreshing, undefined, { signal: context.signal })
  }
  const [{ vertices }, restarts] = await Promise.all([jobOf(jid, context), restartsOf(jid, context)])
  const [source] = vertices
  const closing = vertices.at(-1)
  const [pending, clock] = await Promise.all([
    source === undefined ? null : pendingOf(jid, source.id, context),
    closing === undefined ? null : watermarkOf(jid, closing.id, context),
  ])
  const closedUpTo = clock === null ? null : clock + 1
  const summary = [
    `up ${durationWords(duration)}`,
    ...(restarts === 0 ? [] : [`${restarts} restart${restarts === 1 ? '' : 's'}`]),
    ...(pending === null
      ? []
      : [`${(source?.metrics['read-records'] ?? 0).toLocaleString('en')} records read`]),
    ...(pending === null ? [] : [`${pending.toLocaleString('en')} behind`]),
    ...(closedUpTo === null ? [] : [`windows closed up to ${new Date(closedUpTo).toISOString()}`]),
  ].join(', ')
  return { summary, position: { behind: pending, closedUpTo } }
}

function durationWords(millis: number): string {
  const minutes = Math.floor(millis / 60_000)
  if (minutes === 0) return `${Math.floor(millis / 1000)} s`
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
