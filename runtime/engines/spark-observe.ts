/** The history of a pipeline's drivers, as the master remembers it: the latest event says what there is now. */
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { Actual, Context, Position } from './engine.ts'
import { hasLeft, isGone, ownCheckpoints } from './spark-checkpoints.ts'
import { type Cluster, type Driver, readCluster, readLog } from './spark-cluster.ts'
import { type Identity, lastReport, parseLaunch, type Report } from './spark-driver.ts'
import { engineWords } from './spark-failure.ts'
import { untilKnown } from './spark-wait.ts'

/** A driver and whose it is. */
export interface Found {
  readonly driver: Driver
  readonly identity: Identity
}

export interface SparkDetail {
  /** Null for checkpoints of whatever query. */
  readonly stateHash: string | null
  /** Newest first; more than one only if two were submitted at the same moment. */
  readonly running: readonly Found[]
}

export type ActualSparkJob = Actual<SparkDetail>

export function jobName(pipeline: string): string {
  return `pipec.${pipeline}`
}

/**
 * The job of the pipeline, running or ended; none once its checkpoints are removed too. Where no job is wanted, a driver
 * that may be one is waited for: saying "there is none" would leave it to run.
 */
export async function observeJob(
  desired: readonly SparkJobResource[],
  context: Context,
): Promise<readonly ActualSparkJob[]> {
  const cluster = await (desired.length === 0 ? untilKnown(context, () => {}) : readCluster(context))
  const running = await findRunning(cluster, context)
  const [newest] = running
  if (newest !== undefined) return [await actualOf(cluster, newest, running, context)]
  const ended = await findEnded(cluster, context)
  return ended === null ? forgotten(desired, context) : [await actualOf(cluster, ended, [], context)]
}

/** A master forgets its drivers when it ends, and the eldest of many sooner. The checkpoints of the same query count; where none is wanted, all that is left. */
async function forgotten(
  [desired]: readonly SparkJobResource[],
  context: Context,
): Promise<readonly ActualSparkJob[]> {
  const name = jobName(context.pipeline)
  const folder = ownCheckpoints(name, context)
  const left =
    desired === undefined ? folder !== null && !(await isGone(folder)) : await hasLeft(desired, context)
  if (!left) return []
  return [
    {
      address: `spark.job.${name}`,
      kind: 'spark-job',
      hash: null,
      status: 'stopped',
      summary: 'its master has forgotten it',
      position: null,
      detail: { stateHash: desired?.stateHash ?? null, running: [] },
    },
  ]
}

/** Every driver of the pipeline's job that is not at its end, newest first. */
export async function findRunning(cluster: Cluster, context: Context): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const driver of cluster.active) {
    const launched = await launchOf(cluster, driver, context)
    if (launched?.kind === 'job' && launched.identity.name === jobName(context.pipeline)) {
      found.push({ driver, identity: launched.identity })
    }
  }
  return found
}

/**
 * The last driver that ended, unless its checkpoints were removed after it: a removal says so among the drivers, and where
 * they are this machine's own files, that one was killed and nothing is left of them.
 */
export async function findEnded(cluster: Cluster, context: Context): Promise<Found | null> {
  const name = jobName(context.pipeline)
  for (const driver of cluster.completed) {
    const launched = await launchOf(cluster, driver, context)
    if (launched?.kind === 'job' && launched.identity.name === name)
      return (await wasRemoved(driver, name, context)) ? null : { driver, identity: launched.identity }
    if (launched?.kind === 'removal' && launched.name === name && driver.state === 'FINISHED') return null
  }
  return null
}

async function wasRemoved({ state }: Driver, name: string, context: Context): Promise<boolean> {
  const folder = ownCheckpoints(name, context)
  return state === 'KILLED' && folder !== null && (await isGone(folder))
}

/** Removals of the job's checkpoints that are at work. */
export async function findRemovals(cluster: Cluster, context: Context): Promise<readonly Driver[]> {
  const found: Driver[] = []
  for (const driver of cluster.active) {
    const launched = await launchOf(cluster, driver, context)
    if (launched?.kind === 'removal' && launched.name === jobName(context.pipeline)) found.push(driver)
  }
  return found
}

async function launchOf(cluster: Cluster, driver: Driver, context: Context) {
  const log = await readLog(cluster, driver, 'stderr', 'first', context)
  return log === null ? null : parseLaunch(log)
}

async function actualOf(
  cluster: Cluster,
  { driver, identity }: Found,
  running: readonly Found[],
  context: Context,
): Promise<ActualSparkJob> {
  const stdout = (await readLog(cluster, driver, 'stdout', 'last', context)) ?? ''
  const report = lastReport(stdout)
  return {
    address: `spark.job.${identity.name}`,
    kind: 'spark-job',
    hash: identity.hash,
    status: statusOf(driver, report),
    summary: summary(driver, report, stdout),
    position: report === null ? null : positionOf(report),
    detail: { stateHash: identity.stateHash, running },
  }
}

/** Before its first row Spark's clock stands at the epoch, where it closes nothing. */
function positionOf({ behind, watermark }: Report): Position {
  const clock = watermark === null ? 0 : Date.parse(watermark)
  return { behind, closedUpTo: clock === 0 ? null : clock }
}

const waiting: ReadonlySet<string> = new Set(['SUBMITTED', 'RELAUNCHING'])

function statusOf({ state }: Driver, report: Report | null): Actual['status'] {
  if (state === 'RUNNING') return report?.ready === true ? 'running' : 'starting'
  if (waiting.has(state)) return 'starting'
  return state === 'KILLED' ? 'stopped' : 'failed'
}

function summary({ id, state }: Driver, report: Report | null, stdout: string): string {
  if (waiting.has(state)) return `${id} waits for a free worker`
  if (state === 'KILLED') return `${id} was killed`
  if (state !== 'RUNNING') return lastLine(engineWords(stdout)) ?? `${id} ended as ${state}`
  if (report === null) return `${id} starts`
  const behind = report.behind === null ? '' : `, ${report.behind.toLocaleString('en')} records behind`
  const { closedUpTo } = positionOf(report)
  const clock = closedUpTo === null ? '' : `, windows closed up to ${new Date(closedUpTo).toISOString()}`
  return `${id}, batch ${report.batch ?? 0}${behind}${clock}`
}

function lastLine(text: string): string | null {
  return text.split('\n').findLast((line) => line.trim() !== '') ?? null
}
