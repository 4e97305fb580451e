/** The JobManager's REST: what runs, how it goes, where its checkpoints lie, how it is ended (seen on Flink 2.2.1). */
import { randomBytes } from 'node:crypto'
import { Failure } from '../failure.ts'
import { type Request, type Response, type Server, send } from '../http.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'
import { rootCause } from './flink-failure.ts'

export type JobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'
  | 'RECONCILING'

export interface JobOverview {
  readonly jid: string
  readonly name: string
  readonly state: JobState
  /** Epoch milliseconds. */
  readonly 'start-time': number
  readonly duration: number
  /** When a part of it last changed its state. */
  readonly 'last-modification': number
  /** How many of its parts are in which state. */
  readonly tasks: { readonly running: number; readonly total: number }
}

/**
 * The JobManager answers most questions about a job from a copy that is up to three seconds old, so that a checkpoint of
 * just now is missing or one that has been deleted is not; only the overview is always fresh (seen on Flink 2.2.1).
 */
export const staleness = 3_200

export interface Vertex {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly metrics: { readonly 'read-records': number }
}

export interface Job {
  readonly state: JobState
  readonly vertices: readonly Vertex[]
}

export interface Savepoint {
  readonly path: string
  /** Epoch milliseconds. */
  readonly at: number
}

const terminal: ReadonlySet<JobState> = new Set(['FAILED', 'CANCELED', 'FINISHED', 'SUSPENDED'])

export function isTerminal(state: JobState): boolean {
  return terminal.has(state)
}

export function jobManager(context: Context): Server {
  const { flink } = context.endpoints
  if (flink === null) throw new TypeError('no Flink in this environment')
  return { engine: 'Flink', endpoint: { url: flink.rest, auth: flink.auth }, signal: context.signal }
}

/** Newest first; ended jobs too, as long as the JobManager remembers them (an hour by default, or until it restarts). */
export async function jobsNamed(name: string, context: Context): Promise<readonly JobOverview[]> {
  const jobs = (await overview(context)).filter((job) => job.name === name)
  return jobs.sort((a, b) => b['start-time'] - a['start-time'])
}

/** How a job is now. Throws Failure when the JobManager no longer knows it. */
export async function overviewOf(id: string, context: Context): Promise<JobOverview> {
  const found = (await overview(context)).find(({ jid }) => jid === id)
  if (found !== undefined) return found
  throw new Failure(`Flink's JobManager has forgotten job ${id}: it was restarted meanwhile.`, {
    next: 'Apply again: it looks at what runs before it starts anything.',
  })
}

async function overview(context: Context): Promise<JobOverview[]> {
  const { jobs } = await ask<{ jobs?: JobOverview[] }>({ method: 'GET', path: '/jobs/overview' }, context)
  if (!Array.isArray(jobs)) throw notFlink(context)
  return jobs
}

function notFlink(context: Context): Failure {
  return new Failure(`${jobManager(context).endpoint.url} does not answer as a Flink JobManager does.`, {
    next: 'Check "rest" of flink in the environment: it is the address of the JobManager, 8081 by default.',
  })
}

export function jobOf(id: string, context: Context): Promise<Job> {
  return ask({ method: 'GET', path: `/jobs/${id}` }, context)
}

/** What was given as `pipeline.global-job-parameters`. */
export async function parametersOf(id: string, context: Context): Promise<Readonly<Record<string, string>>> {
  const config = await ask<{ 'execution-config'?: { 'user-config'?: Record<string, string> } }>(
    { method: 'GET', path: `/jobs/${id}/config` },
    context,
  )
  return config['execution-config']?.['user-config'] ?? {}
}

interface CheckpointEntry {
  readonly external_path?: string
  readonly discarded?: boolean
  readonly trigger_timestamp?: number
  readonly restore_timestamp?: number
}

type Latest = Readonly<Partial<Record<'completed' | 'savepoint' | 'restored', CheckpointEntry | null>>>

/**
 * The youngest state that a job can go on from: its last checkpoint or savepoint, or what it was itself restored from.
 * An ended job's is still there because pipec's clusters retain checkpoints on cancellation.
 */
export async function lastSavepoint(id: string, context: Context): Promise<Savepoint | null> {
  const { latest } = await ask<{ latest: Latest }>(
    { method: 'GET', path: `/jobs/${id}/checkpoints` },
    context,
  )
  const found = [latest.completed, latest.savepoint, latest.restored].flatMap((entry) => {
    if (entry?.external_path === undefined || entry.discarded === true) return []
    if (!/^[a-z][a-z0-9+.-]*:\/?/.test(entry.external_path)) return []
    return [{ path: entry.external_path, at: entry.trigger_timestamp ?? entry.restore_timestamp ?? 0 }]
  })
  return found.sort((a, b) => b.at - a.at)[0] ?? null
}

interface Exceptions {
  readonly exceptionHistory?: {
    readonly entries?: readonly { readonly stacktrace: string; readonly timestamp: number }[]
  }
}

/** The innermost cause of the last failure, or null where nothing has failed. */
export async function lastFailure(id: string, context: Context): Promise<string | null> {
  const { exceptionHistory } = await ask<Exceptions>(
    { method: 'GET', path: `/jobs/${id}/exceptions?maxExceptions=1` },
    context,
  )
  const stack = exceptionHistory?.entries?.[0]?.stacktrace
  return stack === undefined ? null : rootCause(stack)
}

/** The clock of a vertex in epoch milliseconds, or null before its first row. */
export async function watermarkOf(job: string, vertex: string, context: Context): Promise<number | null> {
  const path = `/jobs/${job}/vertices/${vertex}/watermarks`
  const values = await ask<readonly { value: string }[]>({ method: 'GET', path }, context)
  const times = values.map(({ value }) => Number(value)).filter((time) => time > -9e15)
  return times.length === 0 ? null : Math.min(...times)
}

interface Measured {
  readonly id: string
  readonly sum?: number
}

/** How many records the source has yet to read, or null where the JobManager has not asked it yet. */
export async function pendingOf(job: string, vertex: string, context: Context): Promise<number | null> {
  const path = `/jobs/${job}/vertices/${vertex}/subtasks/metrics`
  const known = await ask<readonly Measured[]>({ method: 'GET', path }, context)
  const metric = known.find(({ id }) => /\]\.pendingRecords$/.test(id))
  if (metric === undefined) return null
  const query = `${path}?get=${encodeURIComponent(metric.id)}`
  const [measured] = await ask<readonly Measured[]>({ method: 'GET', path: query }, context)
  return measured?.sum ?? null
}

export async function restartsOf(job: string, context: Context): Promise<number> {
  const path = `/jobs/${job}/metrics?get=numRestarts`
  const [metric] = await ask<readonly { value: string }[]>({ method: 'GET', path }, context)
  return Number(metric?.value ?? 0)
}

export async function freeSlots(context: Context): Promise<number> {
  const overview = await ask<{ 'slots-available': number }>({ method: 'GET', path: '/overview' }, context)
  return overview['slots-available']
}

/** Asks the job to end at once; may be repeated, and is fine on a job that has ended already (409) or is forgotten (404). */
export async function cancel(id: string, context: Context): Promise<void> {
  const request: Request = { method: 'PATCH', path: `/jobs/${id}?mode=cancel`, repeatable: true }
  const answer = await send(jobManager(context), request)
  if (![202, 404, 409].includes(answer.status)) throw unexpected(answer)
}

/**
 * Asks the job to write a savepoint and end; gives the trigger's id, or null where the job cannot be stopped now. Flink
 * takes a trigger of one id once, so that a lost answer may be asked for again.
 * @param target the URI of the folder for it; null leaves it to the cluster, which knows nothing of the job's own settings.
 */
export async function stop(id: string, target: string | null, context: Context): Promise<string | null> {
  const triggerId = randomBytes(16).toString('hex')
  const body = { drain: false, triggerId, ...(target === null ? {} : { targetDirectory: target }) }
  const request: Request = { method: 'POST', path: `/jobs/${id}/stop`, body, repeatable: true }
  const answer = await send(jobManager(context), request)
  if (answer.status === 404 || answer.status === 409) return null
  if (answer.status !== 202) throw unexpected(answer)
  return (answer.json() as { 'request-id': string })['request-id']
}

/** What became of a stop: where its savepoint lies, or why there is none. */
export type StopOutcome = { readonly savepoint: string } | { readonly failure: string }

interface SavepointOperation {
  readonly location?: string
  readonly 'failure-cause'?: { readonly 'stack-trace': string }
}

/** Null while it is under way. */
export async function stopOutcome(
  id: string,
  trigger: string,
  context: Context,
): Promise<StopOutcome | null> {
  const path = `/jobs/${id}/savepoints/${trigger}`
  const { status, operation } = await ask<{ status: { id: string }; operation?: SavepointOperation }>(
    { method: 'GET', path },
    context,
  )
  if (status.id !== 'COMPLETED') return null
  if (operation?.location !== undefined) return { savepoint: operation.location }
  return { failure: rootCause(operation?.['failure-cause']?.['stack-trace'] ?? 'Flink gives no reason') }
}

async function ask<T>(request: Request, context: Context): Promise<T> {
  const answer = await send(jobManager(context), request)
  if (answer.status !== 200) throw unexpected(answer)
  return answer.json() as T
}

function unexpected({ status, text }: Response): Failure {
  return new Failure(`Flink's JobManager answered ${status}: ${rootCause(errorText(text))}`, {
    next: "Look at the JobManager's log.",
  })
}

/** Errors come as `{"errors":["…"]}`; anything else is shown as it is. */
export function errorText(body: string): string {
  return errorsOf(body) ?? shortened(body, 500)
}

/** What Flink itself says went wrong; null for an answer that is not its own. */
export function errorsOf(body: string): string | null {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly string[] }
    return errors?.join('\n') ?? null
  } catch {
    return null
  }
}
