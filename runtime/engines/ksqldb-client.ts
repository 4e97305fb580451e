/** Requests to ksqlDB's REST interface, and what its answers say. */
import { Failure } from '../failure.ts'
import { type Response, type Server, send } from '../http.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'

/** How long to wait, in milliseconds. */
export interface Patience {
  /** For the answer to a question. */
  readonly answer: number
  /** For the answer to one statement: terminating a busy query can take more than a minute. */
  readonly statement: number
  /** For the effect of a statement whose answer was lost, or that is still queued. */
  readonly effect: number
  /** For a query to run. */
  readonly running: number
  /** Between two looks. */
  readonly poll: number
  /** Between the two looks that have to find a query running. */
  readonly settle: number
}

export const patience: Patience = {
  answer: 30_000,
  statement: 120_000,
  effect: 20_000,
  running: 120_000,
  poll: 300,
  settle: 700,
}

/** A server, and the last command that it took from here: it answers nothing before that one is carried out. */
export class Session {
  readonly server: Server
  readonly patience: Patience
  readonly now: () => number
  sequence: number | null = null

  constructor(context: Context, patience: Patience) {
    this.server = serverOf(context)
    this.patience = patience
    this.now = context.now
  }
}

/** Throws Failure when the environment has no ksqlDB. */
function serverOf({ endpoints: { ksqldb, environment }, signal }: Context): Server {
  if (ksqldb !== null) return { engine: 'ksqlDB', endpoint: ksqldb, signal }
  throw new Failure(`The environment "${environment}" does not say where ksqlDB is.`, {
    next: `Add its address as environments.${environment}.ksqldb.url, or set KSQLDB_URL for the local one.`,
  })
}

export type Properties = Readonly<Record<string, string>>

const mediaType = 'application/vnd.ksql.v1+json'

/**
 * Sends statements that change nothing; may be repeated. Waits out a command that the server has taken from here and not
 * carried out: until then it answers 503 every five seconds.
 */
export async function ask(session: Session, ksql: string, properties: Properties = {}): Promise<Response> {
  const { patience, now } = session
  const deadline = now() + patience.statement
  for (;;) {
    const answer = await post(session, ksql, properties, { repeatable: true, timeout: patience.answer })
    if (answer.status !== 503 || session.sequence === null || now() >= deadline) return answer
  }
}

/** Sends one statement that changes something. Throws `Lost` when nobody knows whether it was carried out. */
export function run(session: Session, ksql: string, properties: Properties): Promise<Response> {
  return post(session, ksql, properties, { repeatable: false, timeout: session.patience.statement })
}

async function post(
  session: Session,
  ksql: string,
  streamsProperties: Properties,
  options: { readonly repeatable: boolean; readonly timeout: number },
): Promise<Response> {
  const { sequence, server } = session
  const body = { ksql, streamsProperties, ...(sequence === null ? {} : { commandSequenceNumber: sequence }) }
  const request = { method: 'POST', path: '/ksql', body, contentType: mediaType, accept: mediaType } as const
  const answer = await send(server, { ...request, ...options })
  if (answer.status !== 401 && answer.status !== 403) return answer
  throw new Failure(
    `ksqlDB at ${server.endpoint.url} lets nobody in with these credentials (${answer.status}).`,
    {
      detail: shortened(answer.text, 500),
      next: 'Check the user name and the password of ksqldb in the environment, and what they are allowed to do.',
    },
  )
}

export interface Refusal {
  readonly status: number
  readonly message: string
  /** As ksqlDB writes it: complete and in its own order. */
  readonly statement: string | null
}

/** Why the server did not do it. */
export function refusalOf(answer: Response): Refusal {
  const { message, statementText } = answer.json() as {
    readonly message?: string
    readonly statementText?: string
  }
  return {
    status: answer.status,
    message: message ?? shortened(answer.text, 500),
    statement: statementText ?? null,
  }
}

export interface Entity {
  readonly '@type': string
  readonly [key: string]: unknown
}

/** One for each statement. */
export function entitiesOf(session: Session, answer: Response): readonly Entity[] {
  const entities = answer.json()
  if (answer.status === 200 && Array.isArray(entities)) return entities as Entity[]
  const where = `ksqlDB at ${session.server.endpoint.url}`
  throw new Failure(`${where} answered ${answer.status} to a question.`, {
    detail: refusalOf(answer).message,
    next: 'Look at its log, then try again.',
  })
}

/** The answer of that type among `entities`; its fields are those of ksqlDB 8.3.1. */
export function entityOf<T>(session: Session, entities: readonly Entity[], type: string): T {
  const entity = entities.find((each) => each['@type'] === type)
  if (entity !== undefined) return entity as unknown as T
  throw new Failure(`What answers at ${session.server.endpoint.url} is not a ksqlDB that pipec knows.`, {
    detail: `no ${type} among ${entities.map((each) => each['@type']).join(', ') || 'nothing'}`,
    next: 'Check the address, and that the server is of version 8.',
  })
}
