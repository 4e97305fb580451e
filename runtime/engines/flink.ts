/** Flink: one job for each pipeline, started through the SQL Gateway, observed and ended through the JobManager. */
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context, Engine } from './engine.ts'
import { checkpointsUri, removeCheckpoints } from './flink-checkpoints.ts'
import { compare, type FlinkChange } from './flink-compare.ts'
import { withoutSecrets } from './flink-failure.ts'
import { type ActualFlinkJob, observe } from './flink-observe.ts'
import { cancel, isTerminal, jobsNamed, overviewOf, stop } from './flink-rest.ts'
import { leaveTombstone, submit } from './flink-submit.ts'
import { settledSavepoint, untilEnded, untilRunning, untilStopped } from './flink-wait.ts'

export const flink: Engine<FlinkJobResource, ActualFlinkJob> = {
  key: 'flink',
  kinds: ['flink-job'],
  observe,
  compare,
  apply,
}

/** Looks again before it acts: between plan and apply, or after an interruption, the world may have moved. */
async function apply(planned: FlinkChange, context: Context, step: ProgressStep): Promise<void> {
  if (planned.desired === null) return remove(planned, context)
  const [actual = null] = await observe([planned.desired], context)
  const change = compare(planned.desired, actual)
  await endDuplicates(change, context)
  const id = kept(change) ?? (await start(planned.desired, change, context))
  await untilRunning(id, planned.desired, context, step)
}

/** The job's id where nothing was amiss but duplicates, or nothing is any more. */
function kept({ action, actual, desired }: FlinkChange): string | null {
  if (actual === null || action === 'replace' || actual.hash !== desired?.hash) return null
  return actual.status === 'running' || actual.status === 'starting' ? actual.detail.id : null
}

function start(desired: FlinkJobResource, change: FlinkChange, context: Context): Promise<string> {
  return submit(desired, context, async () => {
    const savepoint = await end(desired, change, context)
    if (savepoint === null) await removeCheckpoints(desired.name, context)
    return savepoint
  })
}

/** Ends the job that is there and gives what the new one goes on from: with another query, nothing. */
async function end(
  desired: FlinkJobResource,
  { action, actual }: FlinkChange,
  context: Context,
): Promise<string | null> {
  if (actual === null) return null
  const { id, savepoint } = actual.detail
  if (id === null) return savepoint?.path ?? null
  if (action === 'replace') {
    await endAtOnce(id, context)
    return null
  }
  return (await stopped(id, desired, context)) ?? (await cancelled(id, context))
}

/** The savepoint with which the job has ended, or null where it does not run and so cannot write one. */
async function stopped(id: string, desired: FlinkJobResource, context: Context): Promise<string | null> {
  const { state } = await overviewOf(id, context)
  const trigger = state === 'RUNNING' ? await stop(id, checkpointsUri(desired, context), context) : null
  if (trigger === null) return null
  const outcome = await untilStopped(id, trigger, context)
  if ('failure' in outcome) return keepOrLetGo(id, outcome.failure, context)
  await untilEnded(id, context)
  return outcome.savepoint
}

/** A job that runs and has no checkpoint either is left as it is: ended, it would start anew, and nobody was told so. */
async function keepOrLetGo(id: string, failure: string, context: Context): Promise<null> {
  if ((await settledSavepoint(id, context)) === null) throw notSaved(failure, context)
  return null
}

async function cancelled(id: string, context: Context): Promise<string | null> {
  await endAtOnce(id, context)
  return (await settledSavepoint(id, context))?.path ?? null
}

function notSaved(reason: string, { endpoints }: Context): Failure {
  return new Failure(`Flink could not write the job's savepoint: ${withoutSecrets(reason, endpoints)}`, {
    next: "The job was not ended, for it has no checkpoint either. Mend what Flink says, then apply again; the job's page shows the whole trace.",
  })
}

async function endAtOnce(id: string, context: Context): Promise<void> {
  if (isTerminal((await overviewOf(id, context)).state)) return
  await cancel(id, context)
  await untilEnded(id, context)
}

async function endDuplicates({ actual }: FlinkChange, context: Context): Promise<void> {
  for (const id of actual?.detail.duplicates ?? []) await endAtOnce(id, context)
}

async function remove({ actual }: FlinkChange, context: Context): Promise<void> {
  if (actual === null) return
  const name = actual.address.replace(/^flink\.job\./, '')
  for (const { jid, state } of await jobsNamed(name, context)) {
    if (!isTerminal(state)) await endAtOnce(jid, context)
  }
  const id = await leaveTombstone(name, context)
  if (id !== null) await untilEnded(id, context)
  await removeCheckpoints(name, context)
}
