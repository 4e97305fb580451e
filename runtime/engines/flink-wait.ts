/** Waits for what Flink only promises when it answers: that a job really runs, or has really ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context } from './engine.ts'
import { withoutSecrets } from './flink-failure.ts'
import {
  freeSlots,
  isTerminal,
  type JobOverview,
  jobOf,
  lastFailure,
  lastSavepoint,
  overviewOf,
  type Savepoint,
  type StopOutcome,
  staleness,
  stopOutcome,
} from './flink-rest.ts'

const limit = 120_000

/**
 * A source that cannot find its topic makes the job restart within 60 ms of RUNNING (seen on Flink 2.2.1), so a job has to
 * hold out this long, in milliseconds.
 */
const steady = 1_000

/** Throws Failure with Flink's own reason when the job fails, or when it has no slot to run in. */
export async function untilRunning(
  id: string,
  desired: FlinkJobResource,
  context: Context,
  step: ProgressStep,
): Promise<void> {
  const begun = context.now()
  for (;;) {
    const job = await overviewOf(id, context)
    step.update(job.tasks.running, `${job.state}, ${job.tasks.running} of ${job.tasks.total} parts running`)
    if (isFailing(job)) throw await failed(job, desired, context)
    const held = heldOut(job)
    if (held >= steady) return
    if (context.now() - begun > limit) throw await notStarted(id, desired, context)
    await pause(context, steady - held)
  }
}

/** Milliseconds since the last part ran, by the JobManager's own clock; 0 as long as one does not. */
function heldOut({ state, tasks, duration, ...times }: JobOverview): number {
  if (state !== 'RUNNING' || tasks.total === 0 || tasks.running < tasks.total) return 0
  return times['start-time'] + duration - times['last-modification']
}

function isFailing({ state }: JobOverview): boolean {
  return isTerminal(state) || state === 'FAILING' || state === 'RESTARTING'
}

async function failed(
  { jid, state }: JobOverview,
  desired: FlinkJobResource,
  context: Context,
): Promise<Failure> {
  const cause = (await soon(() => lastFailure(jid, context), context)) ?? `it is ${state}`
  return new Failure(
    `${desired.name} was accepted and then failed (pipeline.yaml:${desired.line}): ${withoutSecrets(cause, context.endpoints)}`,
    { next: "Mend what it says, then apply again; the whole trace is on the job's page in Flink." },
  )
}

/** Asks until there is an answer or the JobManager's copy must be a new one. */
async function soon<T>(question: () => Promise<T | null>, context: Context): Promise<T | null> {
  const begun = context.now()
  for (;;) {
    const answer = await question()
    if (answer !== null || context.now() - begun > staleness) return answer
    await pause(context)
  }
}

async function notStarted(id: string, desired: FlinkJobResource, context: Context): Promise<Failure> {
  const [{ vertices }, slots] = await Promise.all([jobOf(id, context), freeSlots(context)])
  const waiting = vertices.filter(({ status }) => status !== 'RUNNING')
  return new Failure(`${desired.name} does not run after ${limit / 1000} s.`, {
    detail: waiting.map(({ name, status }) => `${status} ${name}`).join('\n'),
    next:
      slots === 0
        ? 'Flink has no free slot: end another job, or add a TaskManager.'
        : "Look at the job's page in Flink and at the TaskManager's log, then apply again.",
  })
}

/** Until the job has ended, in whatever way. */
export async function untilEnded(id: string, context: Context): Promise<void> {
  const begun = context.now()
  while (!isTerminal((await overviewOf(id, context)).state)) {
    if (context.now() - begun > limit) {
      throw new Failure(`Flink's job ${id} does not end.`, {
        next: 'End it on its page in Flink, then apply again.',
      })
    }
    await pause(context)
  }
}

/** Until the stop has its savepoint, or has failed. */
export async function untilStopped(id: string, trigger: string, context: Context): Promise<StopOutcome> {
  for (;;) {
    const outcome = await stopOutcome(id, trigger, context)
    if (outcome !== null) return outcome
    await pause(context)
  }
}

/** The last checkpoint of a job that has ended, once the JobManager's copy must be younger than the end. */
export async function settledSavepoint(id: string, context: Context): Promise<Savepoint | null> {
  const begun = context.now()
  while (context.now() - begun < staleness) await pause(context)
  return lastSavepoint(id, context)
}

async function pause(context: Context, atMost = 200): Promise<void> {
  await sleep(Math.min(atMost, 200), undefined, { signal: context.signal })
}
