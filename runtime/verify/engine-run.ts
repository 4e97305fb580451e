/** One engine's part of a run: its job, its results as they come, and when there is nothing more to wait for. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineName } from '../../compiler/ir.ts'
import type { Resource } from '../../compiler/manifest.ts'
import type { Context, Engine, Position } from '../engines/engine.ts'
import { readTopic } from '../engines/kafka-read.ts'
import { Failure, isFailure } from '../failure.ts'
import type { Progress, ProgressStep } from '../progress.ts'
import type { Results } from './results.ts'
import { allEnded, type Sending, untilSent } from './sending.ts'

export interface EngineRun {
  readonly name: EngineName
  readonly engine: Engine
  readonly job: Resource
  readonly topic: string
  /** Whether the engine makes its topic itself. */
  readonly ownTopic: boolean
  /**
   * Makes its topic when all records are sent, of a job that is to read nothing before: they are then one batch of Spark's.
   * Null where the topic is there, and the job reads at once.
   */
  readonly makeTopic: (() => Promise<void>) | null
  readonly results: Results
  /** Identities of the rows that must come. */
  readonly awaited: ReadonlySet<string>
  /** Of the records, which are sent while the engine runs. */
  readonly sending: Sending
}

/** How an engine's part ended: `reason` is null when it came to its end. */
export interface Ended {
  readonly reason: string | null
  /** When its start was begun, when it ran, and when its last new row came. */
  readonly startedAt: number
  readonly runningAt: number | null
  readonly lastAt: number | null
}

/** Rows of one commit or batch come at once; a moment later there is no more. */
const quiet = 1_000
/** How long an engine that has read everything and still owes windows may say nothing. */
const patience = 20_000
const lookEvery = 3_000

/** @param timeout milliseconds without progress. Throws only what is no Failure, and the signal's reason. */
export async function runEngine(
  run: EngineRun,
  context: Context,
  progress: Progress,
  timeout: number,
): Promise<Ended> {
  const step = progress.start(run.name, null)
  const end = new AbortController()
  const clock: { runningAt: number | null } = { runningAt: null }
  const startedAt = context.now()
  try {
    const reading = { failure: null as Failure | null }
    const read = (): void => void follow(run, context, end.signal, reading)
    if (run.makeTopic === null && !run.ownTopic) read()
    if (run.makeTopic === null) await start(run, context, step)
    else await startHeld(run, run.makeTopic, context, step, read)
    clock.runningAt = context.now()
    if (run.ownTopic) read()
    await untilDone(run, context, step, timeout, reading)
    return { reason: null, startedAt, runningAt: clock.runningAt, lastAt: run.results.changedAt }
  } catch (error) {
    if (context.signal.aborted || !isFailure(error)) throw error
    const words = [error.message, error.detail].filter((each) => each !== null).join('\n')
    return { reason: words, startedAt, runningAt: clock.runningAt, lastAt: run.results.changedAt }
  } finally {
    end.abort()
    step.finish(`${seen(run)} of ${run.awaited.size} windows`)
  }
}

/** The topic that it waits for is the one that it writes to. */
async function startHeld(
  run: EngineRun,
  makeTopic: () => Promise<void>,
  context: Context,
  step: ProgressStep,
  read: () => void,
): Promise<void> {
  const failed = new AbortController()
  const signal = AbortSignal.any([context.signal, failed.signal])
  const hold = { topic: run.topic, over: false }
  const release = async (): Promise<void> => {
    await untilSent(run.sending, context)
    await makeTopic()
    hold.over = true
    read()
  }
  const released = release().catch((error: unknown) => {
    failed.abort(error)
    throw error
  })
  await allEnded([released, start(run, { ...context, signal, hold }, step)])
}

async function start({ engine, job }: EngineRun, context: Context, step: ProgressStep): Promise<void> {
  const quietly: ProgressStep = {
    update: (_, detail) => step.update(0, detail),
    finish: () => {},
    fail: () => {},
  }
  await engine.apply(engine.compare(job, null), context, quietly)
}

async function follow(
  { topic, results }: EngineRun,
  { endpoints, signal }: Context,
  end: AbortSignal,
  reading: { failure: Failure | null },
): Promise<void> {
  const both = AbortSignal.any([signal, end])
  try {
    await readTopic(
      endpoints.kafka,
      topic,
      { from: 'beginning', until: 'never' },
      (record) => {
        results.take(record)
        return undefined
      },
      both,
    )
  } catch (error) {
    if (both.aborted) return
    reading.failure = isFailure(error) ? error : new Failure(String(error))
  }
}

/** Throws Failure when the engine's job ends, or when it comes no further. */
export async function untilDone(
  run: EngineRun,
  context: Context,
  step: ProgressStep,
  timeout: number,
  reading: { readonly failure: Failure | null },
): Promise<void> {
  let movedAt = context.now()
  let lookedAt = context.now()
  let looked: Looked = { position: unknown, summary: null }
  for (;;) {
    if (reading.failure !== null) throw reading.failure
    const now = context.now()
    movedAt = !run.sending.done ? now : Math.max(movedAt, run.results.changedAt ?? 0)
    const found = seen(run)
    step.update(found, `${found} of ${run.awaited.size} windows`)
    if (now - movedAt >= quiet && found === run.awaited.size && settled(run, looked.position)) return
    if (now - movedAt >= patience && (looked.position.behind === 0 || found === run.awaited.size)) return
    if (now - movedAt >= timeout) throw timedOut(run, timeout, looked)
    if (now - lookedAt >= lookEvery) {
      const next = await look(run, context)
      if (moved(looked.position, next.position)) movedAt = context.now()
      looked = next
      lookedAt = context.now()
    }
    await sleep(200, undefined, { signal: context.signal })
  }
}

function moved(before: Position, after: Position): boolean {
  return before.behind !== after.behind || before.closedUpTo !== after.closedUpTo
}

/** An engine that writes every change has its windows long before it has read everything. */
function settled({ ownTopic }: EngineRun, { behind }: Position): boolean {
  return !ownTopic || behind === 0
}

function seen({ awaited, results }: Pick<EngineRun, 'awaited' | 'results'>): number {
  let found = 0
  for (const identity of awaited) if (results.rows.has(identity)) found++
  return found
}

interface Looked {
  readonly position: Position
  /** In the engine's own words: ksqlDB replaces a thread that fails, and goes on RUNNING. */
  readonly summary: string | null
}

const unknown: Position = { behind: null, closedUpTo: null }

/** Throws Failure when the job has gone or does not run any more. */
async function look(run: EngineRun, context: Context): Promise<Looked> {
  const { engine, job, name } = run
  const far = `it had written ${seen(run)} of ${run.awaited.size} windows`
  const actual = (await engine.observe([job], context)).find(({ address }) => address === job.address)
  if (actual === undefined) throw new Failure(`${name} does not run the job any more; ${far}.`)
  if (actual.status === 'failed' || actual.status === 'stopped')
    throw new Failure(`${name}'s job does not run any more; ${far}: ${actual.summary}`)
  return { position: actual.position ?? unknown, summary: actual.summary }
}

/** Of an engine that came no further. */
export function timedOut(
  run: Pick<EngineRun, 'name' | 'awaited' | 'results'>,
  timeout: number,
  { position: { behind }, summary }: Looked,
): Failure {
  const backlog = behind === null ? '' : `, ${behind.toLocaleString('en')} records behind`
  return new Failure(
    `${run.name} has written ${seen(run)} of ${run.awaited.size} windows${backlog}, and nothing more in ${timeout / 1000} s.`,
    summary === null ? {} : { detail: summary },
  )
}
