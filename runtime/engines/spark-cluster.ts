/** A standalone cluster: the master's page (JSON), the submission REST, the workers' logs. */
import type { SparkEndpoint } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import { type Response, type Server, send } from '../http.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'

export interface Driver {
  readonly id: string
  /** SUBMITTED, RELAUNCHING, RUNNING, FINISHED, FAILED, KILLED, ERROR, UNKNOWN. */
  readonly state: string
  /** The worker's id, or `None` while the driver waits for one. */
  readonly worker: string
}

export interface Cluster {
  readonly coresFree: number
  readonly memoryFree: number
  /** Newest first. */
  readonly active: readonly Driver[]
  readonly completed: readonly Driver[]
  /** Pages of the workers that are alive, by worker id. */
  readonly pages: ReadonlyMap<string, string>
}

export function sparkEndpoint({ endpoints }: Context): SparkEndpoint {
  if (endpoints.spark !== null) return endpoints.spark
  throw new Failure(`No Spark is known in the environment ${endpoints.environment}.`, {
    next: 'Add `spark: { rest: "http://host:6066" }` to the environment, or start one with `pipec up`.',
  })
}

interface MasterJson {
  readonly workers?: readonly {
    id: string
    state: string
    webuiaddress: string
    coresfree: number
    memoryfree: number
  }[]
  readonly activedrivers?: readonly DriverJson[]
  readonly completeddrivers?: readonly DriverJson[]
}

interface DriverJson {
  readonly id: string
  readonly state: string
  readonly worker?: string
}

/** The master's own account. Throws Failure when it cannot be asked, or when something else answers there. */
export async function readCluster(context: Context): Promise<Cluster> {
  const endpoint = sparkEndpoint(context)
  const answer = await send(serverAt(endpoint.ui, context), { method: 'GET', path: '/json/' })
  const master = answer.json() as MasterJson
  if (!Array.isArray(master.workers)) {
    throw new Failure(`${endpoint.ui} answered, but not as the page of a Spark master.`, {
      next: "Check the address of Spark's master page in the environment.",
    })
  }
  const alive = master.workers.filter(({ state }) => state === 'ALIVE')
  return {
    coresFree: alive.reduce((sum, { coresfree }) => sum + coresfree, 0),
    memoryFree: alive.reduce((sum, { memoryfree }) => sum + memoryfree, 0),
    active: newestFirst(master.activedrivers ?? []),
    completed: newestFirst(master.completeddrivers ?? []),
    pages: new Map(alive.map(({ id, webuiaddress }) => [id, webuiaddress])),
  }
}

/** A driver's id is the time of its submission and a number that counts up. */
function newestFirst(drivers: readonly DriverJson[]): readonly Driver[] {
  return drivers
    .map(({ id, state, worker }) => ({ id, state, worker: worker ?? 'None' }))
    .sort((a, b) => (a.id < b.id ? 1 : -1))
}

function serverAt(url: string, context: Context): Server {
  return { engine: 'Spark', endpoint: { url, auth: sparkEndpoint(context).auth }, signal: context.signal }
}

/**
 * A part of what a driver wrote: its first or its last bytes. Empty while the driver waits for a worker, null when no worker
 * has it any more.
 */
export async function readLog(
  cluster: Cluster,
  driver: Driver,
  log: 'stdout' | 'stderr',
  part: 'first' | 'last',
  context: Context,
): Promise<string | null> {
  const own = cluster.pages.get(driver.worker)
  // A worker that was started again has another id, and still its old drivers' logs.
  for (const page of own === undefined ? cluster.pages.values() : [own]) {
    const offset = part === 'first' ? '&offset=0' : ''
    const path = `/log/?driverId=${encodeURIComponent(driver.id)}&logType=${log}${offset}&byteLength=32768`
    const answer = await send(serverAt(page, context), {
      method: 'GET',
      path,
      accept: 'text/plain',
      timeout: 10_000,
    })
    if (answer.status !== 200) throw unreadable(page, answer)
    const text = withoutHeader(answer.text, page)
    if (text !== '' && !text.startsWith(unknownDriver)) return text
  }
  return null
}

/** A log that cannot be had may be our job's: taking it for none would start a second one. */
function unreadable(page: string, { status, text }: Response): Failure {
  return new Failure(`${page}, a worker of Spark, does not show a driver's log (${status}).`, {
    detail: shortened(text, 200),
    next: "Look at the worker's own log, or at what stands between here and there; then try again.",
  })
}

/** A worker's whole answer about a driver that it does not have, or not yet (seen on Spark 4.2.0). */
const unknownDriver = 'Error: invalid log directory'

/** `==== Bytes 0-77 of 77 of /path ====`. Without it somebody else answers: taking that for a log would hide our job. */
function withoutHeader(text: string, page: string): string {
  const header = /^==== Bytes .* ====\n?/.exec(text)?.[0]
  if (header !== undefined) return text.slice(header.length)
  throw new Failure(`${page} answered, but not as a worker of Spark with a driver's log.`, {
    detail: shortened(text, 200),
    next: "Check that the addresses of the workers, as the master's page gives them, lead to the workers themselves.",
  })
}

interface Answer {
  readonly success?: boolean
  readonly message?: string
  readonly submissionId?: string
}

/** Submits a driver and gives its id. Throws `Lost` when nobody knows whether it was taken. */
export async function submit(body: object, context: Context): Promise<string> {
  const { url } = sparkEndpoint(context)
  const answer = await send(serverAt(url, context), { method: 'POST', path: '/v1/submissions/create', body })
  const { success, message, submissionId } = answer.json() as Answer
  if (success === true && submissionId !== undefined) return submissionId
  throw new Failure(`Spark refused the submission.`, { detail: firstLine(message ?? answer.text) })
}

/** Ends a driver and its Python; one that has ended already is fine. */
export async function kill(id: string, context: Context): Promise<void> {
  const { url } = sparkEndpoint(context)
  const path = `/v1/submissions/kill/${encodeURIComponent(id)}`
  const answer = await send(serverAt(url, context), { method: 'POST', path, repeatable: true })
  // Whatever Spark says it says in JSON; a login page has ended nothing.
  answer.json()
}

/** Spark's messages go on with a Java stack. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
