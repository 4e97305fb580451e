/** Spark jobs on a standalone cluster: one driver a pipeline, found again by its launch command. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SparkJobResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import { Lost } from '../http.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context, Engine } from './engine.ts'
import { ownCheckpoints, removeOthers, removeOwn } from './spark-checkpoints.ts'
import { type Cluster, kill, readCluster, readLog, submit } from './spark-cluster.ts'
import { compareJob, type SparkChange } from './spark-compare.ts'
import { engineWords } from './spark-failure.ts'
import {
  type ActualSparkJob,
  type Found,
  findEnded,
  findRemovals,
  findRunning,
  jobName,
  observeJob,
} from './spark-observe.ts'
import { jobSubmission, removalSubmission } from './spark-submission.ts'
import { appearance, untilEnded, untilKnown, untilRunning } from './spark-wait.ts'

export const spark: Engine<SparkJobResource, ActualSparkJob> = {
  key: 'spark',
  kinds: ['spark-job'],
  observe: observeJob,
  compare: compareJob,
  apply,
}

async function apply(change: SparkChange, context: Context, step: ProgressStep): Promise<void> {
  if (change.action === 'refuse') throw new Failure(`${change.address}: ${change.reason}`)
  if (change.desired === null) return remove(context, step)
  await run(change.desired, context, step)
}

async function remove(context: Context, step: ProgressStep): Promise<void> {
  await end(await findRunning(await allKnown(context, step), context), context, step)
  await removeCheckpoints(context, step)
}

/** Ends what is not wanted, removes what another query left, and starts the job unless it is there already. */
async function run(desired: SparkJobResource, context: Context, step: ProgressStep): Promise<void> {
  // Before the old job is ended: what cannot be submitted must not cost it.
  const submission = jobSubmission(desired, context)
  const cluster = await withoutRemovals(await allKnown(context, step), context, step)
  const running = await findRunning(cluster, context)
  const kept = running.findLast((each) => isJob(each, desired))
  const previous = running[0] ?? (await findEnded(cluster, context))
  await end(
    running.filter((each) => each !== kept),
    context,
    step,
  )
  if (previous === null) await removeOthers(desired, context)
  else if (previous.identity.stateHash !== desired.stateHash) await removeCheckpoints(context, step)
  const id = kept?.driver.id ?? (await start(desired, submission, context, step))
  await untilRunning(id, context, step)
}

function isJob({ identity }: Found, { hash, stateHash }: SparkJobResource): boolean {
  return identity.hash === hash && identity.stateHash === stateHash
}

/** Submits, finds out a lost answer by looking, and of several that were submitted at once leaves the oldest. */
async function start(
  desired: SparkJobResource,
  submission: object,
  context: Context,
  step: ProgressStep,
): Promise<string> {
  step.update(0, 'submitting the driver')
  const submitted = await submit(submission, context).catch((error: unknown) => {
    if (error instanceof Lost) return null
    throw error
  })
  const found = await appeared(desired, submitted, context)
  const oldest = found.at(-1)
  if (oldest === undefined) {
    if (submitted !== null) return submitted
    throw new Failure('Spark did not answer the submission, and no driver of the job appeared.', {
      next: 'Look at the log of its master, then apply again.',
    })
  }
  await end(found.slice(0, -1), context, step)
  return oldest.driver.id
}

/** The drivers with the job's identity, as soon as the submitted one is among them. */
async function appeared(
  desired: SparkJobResource,
  id: string | null,
  context: Context,
): Promise<readonly Found[]> {
  const deadline = context.now() + appearance
  for (;;) {
    const cluster = await readCluster(context)
    const running = await findRunning(cluster, context)
    const same = running.filter((each) => isJob(each, desired))
    const seen = id === null ? same.length > 0 : same.some(({ driver }) => driver.id === id)
    const ended = id !== null && cluster.completed.some((driver) => driver.id === id)
    if (seen || ended || context.now() > deadline) return same
    await sleep(300, undefined, { signal: context.signal })
  }
}

function allKnown(context: Context, step: ProgressStep): Promise<Cluster> {
  return untilKnown(context, (id) => step.update(0, `${id} waits for a worker`))
}

/** A removal whose answer was lost may still be at work, and would take the checkpoint of what is started beside it. */
async function withoutRemovals(cluster: Cluster, context: Context, step: ProgressStep): Promise<Cluster> {
  const removals = await findRemovals(cluster, context)
  if (removals.length > 0) step.update(0, 'old checkpoints are being removed')
  for (const { id } of removals) await untilEnded(id, context)
  return removals.length === 0 ? cluster : readCluster(context)
}

async function end(found: readonly Found[], context: Context, step: ProgressStep): Promise<void> {
  for (const { driver } of found) {
    step.update(0, `ending ${driver.id}`)
    await kill(driver.id, context)
    await untilEnded(driver.id, context)
  }
}

/** What failed by itself keeps its place among the ended drivers until one of ours says that it is removed. */
async function removeCheckpoints(context: Context, step: ProgressStep): Promise<void> {
  step.update(0, 'removing the old checkpoints')
  const folder = ownCheckpoints(jobName(context.pipeline), context)
  const last = folder === null ? null : await findEnded(await readCluster(context), context)
  if (folder !== null && (last === null || last.driver.state === 'KILLED')) return removeOwn(folder)
  const id = await submit(removalSubmission(jobName(context.pipeline), context), context)
  const { cluster, driver } = await untilEnded(id, context)
  if (driver === null || driver.state === 'FINISHED') return
  const words = (await readLog(cluster, driver, 'stdout', 'last', context)) ?? ''
  throw new Failure('Spark could not remove the old checkpoints of the job.', { detail: engineWords(words) })
}
