/** A session of the SQL Gateway: one statement at a time, in order (seen on Flink 2.2.1, API v3). */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, isFailure } from '../failure.ts'
import { Lost, type Request, type Response, type Server, send } from '../http.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'
import { rootCause } from './flink-failure.ts'
import { errorsOf, errorText } from './flink-rest.ts'

/** What Flink said against a statement. */
export interface Rejected {
  readonly rejected: string
}

export interface Done {
  /** Of an INSERT or a statement set. */
  readonly jobId: string | null
}

export interface Session {
  /** Runs one statement to its end. Throws `Lost` where nobody knows whether Flink has got it. */
  run(statement: string): Promise<Done | Rejected>
}

/** Opens a session, uses it and closes it whatever happens; jobs outlive their session. */
export async function withSession<T>(
  properties: Readonly<Record<string, string>>,
  context: Context,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const server = gateway(context)
  const open: Request = { method: 'POST', path: '/v3/sessions', body: { properties }, repeatable: true }
  const opened = expect(await send(server, open))
  const { sessionHandle } = opened.json() as { sessionHandle?: string }
  if (typeof sessionHandle !== 'string') throw notGateway(server)
  const path = `/v3/sessions/${sessionHandle}`
  try {
    return await use({ run: (statement) => run(server, path, statement) })
  } finally {
    await close(server, path)
  }
}

function gateway({ endpoints, signal }: Context): Server {
  const { flink } = endpoints
  if (flink === null) throw new TypeError('no Flink in this environment')
  return { engine: "Flink's SQL Gateway", endpoint: flink, signal }
}

/** A session that stays open does no harm: the gateway forgets it after ten idle minutes. */
async function close(server: Server, path: string): Promise<void> {
  if (server.signal.aborted) return
  await send(server, { method: 'DELETE', path, repeatable: true, timeout: 5_000 }).catch(() => {})
}

async function run(server: Server, path: string, statement: string): Promise<Done | Rejected> {
  const answer = await send(server, { method: 'POST', path: `${path}/statements`, body: { statement } })
  if (answer.status !== 200) return rejection(server, answer)
  return outcomeOf(server, path, answer).catch((error: unknown) => {
    if (server.signal.aborted || !isFailure(error)) throw error
    throw new Lost(error.message, { ...told(error), cause: error })
  })
}

function told({ next, detail }: Failure) {
  return { ...(next === null ? {} : { next }), ...(detail === null ? {} : { detail }) }
}

async function outcomeOf(server: Server, path: string, answer: Response): Promise<Done | Rejected> {
  const { operationHandle } = answer.json() as { operationHandle: string }
  const operation = `${path}/operations/${operationHandle}`
  const status = await ended(server, operation)
  const result = await send(server, get(`${operation}/result/0?rowFormat=JSON`))
  if (status !== 'FINISHED' || result.status !== 200) return rejection(server, result)
  const { jobID } = result.json() as { jobID?: string }
  return { jobId: jobID ?? null }
}

/** Flink's own no. A session that is gone says nothing against the statement, and a proxy's page nothing at all. */
function rejection(server: Server, answer: Response): Rejected {
  const errors = errorsOf(answer.text)
  if (errors === null) {
    throw new Lost(
      `${server.engine} at ${server.endpoint.url} answered ${answer.status} and not as itself.`,
      {
        detail: shortened(answer.text, 200),
        next: 'Look at it and at what stands before it, then apply again.',
      },
    )
  }
  const rejected = rootCause(errors)
  if (/Session '[^']*' does not exist/.test(errors)) {
    throw new Lost(`${server.engine} has lost the session, as when it is restarted: ${rejected}`, {
      next: 'Apply again.',
    })
  }
  return { rejected }
}

const unfinished: ReadonlySet<string> = new Set(['INITIALIZED', 'PENDING', 'RUNNING'])

/** The first EXPLAIN of a gateway's life took 18 s, later ones less than one. */
async function ended(server: Server, operation: string): Promise<string> {
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    const answer = expect(await send(server, get(`${operation}/status`)))
    const { status } = answer.json() as { status: string }
    if (!unfinished.has(status)) return status
    await sleep(wait, undefined, { signal: server.signal })
  }
}

function get(path: string): Request {
  return { method: 'GET', path }
}

function expect(answer: Response): Response {
  if (answer.status === 200) return answer
  throw new Failure(`Flink's SQL Gateway answered ${answer.status}: ${rootCause(errorText(answer.text))}`, {
    next: "Look at the SQL Gateway's log.",
  })
}

function notGateway(server: Server): Failure {
  return new Failure(`${server.endpoint.url} does not answer as Flink's SQL Gateway does.`, {
    next: 'Check "gateway" of flink in the environment: it is the address of the SQL Gateway, 8083 by default.',
  })
}
