/** Waits for what Flink only promises when it answers: that a job really runs, or has really ended. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context } from './engine.ts'
import { withoutSecrets } from './flink-failure.ts'
import { freeSlots, isTerminal, type Job, jobOf, lastFailure, stopOutcome } from './flink-rest.ts'

const startLimit = 120_000

/** A source that cannot find its topic fails within a second of RUNNING, so a job has to hold out this long. */
const steady = 1_500

/** Throws Failure with Flink's own reason when the job fails, or when it has no slot to run in. */
export async function untilRunning(
  id: string,
  desired: FlinkJobResource,
  context: Context,
  step: ProgressStep,
): Promise<void> {
  const begun = context.now()
  for (let since: number | null = null; ; ) {
    const job = await jobOf(id, context)
    const running = job.vertices.filter(({ status }) => status === 'RUNNING').length
    step.update(running, `${job.state}, ${running} of ${job.vertices.length} parts running`)
    await throwIfFailing(job, desired, context)
    since = allRun(job) ? (since ?? context.now()) : null
    if (since !== null && context.now() - since >= steady) return
    if (context.now() - begun > startLimit) throw await notStarted(job, desired, context)
    await pause(200, context)
  }
}

function allRun({ state, vertices }: Job): boolean {
  return state === 'RUNNING' && vertices.length > 0 && vertices.every(({ status }) => status === 'RUNNING')
}

async function throwIfFailing(
  { jid, state }: Job,
  desired: FlinkJobResource,
  context: Context,
): Promise<void> {
  const failing = isTerminal(state) || state === 'FAILING' || state === 'RESTARTING'
  const cause = failing ? ((await lastFailure(jid, context)) ?? `it is ${state}`) : null
  if (cause === null) return
  throw new Failure(
    `${desired.name} was accepted and then failed (pipeline.yaml:${desired.line}): ${withoutSecrets(cause, context.endpoints)}`,
    { next: "Mend what it says, then apply again; the whole trace is on the job's page in Flink." },
  )
}

async function notStarted({ vertices }: Job, desired: FlinkJobResource, context: Context): Promise<Failure> {
  const waiting = vertices
    .filter(({ status }) => status !== 'RUNNING')
    .map(({ name, status }) => `${status} ${name}`)
  const slots = await freeSlots(context)
  return new Failure(`${desired.name} does not run after ${startLimit / 1000} s.`, {
    detail: waiting.join('\n'),
    next:
      slots === 0
        ? 'Flink has no free slot: end another job, or add a TaskManager.'
        : "Look at the job's page in Flink and at the TaskManager's log, then apply again.",
  })
}

/** Until the job has ended, in whatever way. */
export async function untilEnded(id: string, context: Context): Promise<void> {
  const begun = context.now()
  while (!isTerminal((await jobOf(id, context)).state)) {
    if (context.now() - begun > startLimit) {
      throw new Failure(`Flink's job ${id} does not end.`, {
        next: 'End it on its page in Flink, then apply again.',
      })
    }
    await pause(200, context)
  }
}

/** Until the stop has its savepoint; gives why it has none, or null. */
export async function untilStopped(id: string, trigger: string, context: Context): Promise<string | null> {
  for (;;) {
    const outcome = await stopOutcome(id, trigger, context)
    if (outcome !== 'pending') return outcome
    await pause(200, context)
  }
}

async function pause(millis: number, context: Context): Promise<void> {
  await sleep(millis, undefined, { signal: context.signal })
}
