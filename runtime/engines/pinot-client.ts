/** The requests to Pinot's controller and broker, and what their answers mean. */
import { Failure } from '../failure.ts'
import { type Response, type Server, send } from '../http.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'
import type { Version } from './pinot-dialect.ts'
import type { Documents, Fields } from './pinot-documents.ts'

export interface Pinot {
  readonly controller: Server
  readonly broker: Server
}

/** Throws Failure when the environment has no Pinot. */
export function pinotOf({ endpoints, signal }: Context): Pinot {
  const { pinot, environment } = endpoints
  if (pinot === null) {
    throw new Failure(
      `The environment "${environment}" says nothing of Pinot, which this pipeline is served by.`,
      {
        next: `Add its controller's address below environments.${environment}.pinot, or start it with \`pipec up\`.`,
      },
    )
  }
  const broker = { url: pinot.broker, auth: pinot.auth }
  return {
    controller: { engine: "Pinot's controller", endpoint: pinot, signal },
    broker: { engine: "Pinot's broker", endpoint: broker, signal },
  }
}

export async function versionOf({ controller }: Pinot): Promise<Version> {
  const answer = await send(controller, { method: 'GET', path: '/version' })
  if (answer.status !== 200) throw refusal(controller, 'tell its version', answer)
  const parts = answer.json() as Readonly<Record<string, string>>
  const version = /^\d+\.\d+\.\d+/.exec(parts['pinot-controller'] ?? Object.values(parts)[0] ?? '')?.[0]
  if (version !== undefined) return version
  throw new Failure(`${controller.engine} at ${controller.endpoint.url} does not tell its version.`, {
    next: 'Check that the address is that of a Pinot controller.',
  })
}

/** Names of all realtime tables, anybody's. */
export async function realtimeTables({ controller }: Pinot): Promise<readonly string[]> {
  const answer = await send(controller, { method: 'GET', path: '/tables?type=realtime' })
  if (answer.status !== 200) throw refusal(controller, 'list its tables', answer)
  const { tables } = answer.json() as { readonly tables: readonly string[] }
  return tables.map((name) => name.replace(/_REALTIME$/, ''))
}

/** A table's configuration, or null. 1.x says 404, 0.11 answers with an empty object. */
export async function tableOf({ controller }: Pinot, table: string): Promise<Fields | null> {
  const answer = await send(controller, {
    method: 'GET',
    path: `/tables/${encodeURIComponent(table)}?type=realtime`,
  })
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refusal(controller, `show the table "${table}"`, answer)
  return (answer.json() as { readonly REALTIME?: Fields }).REALTIME ?? null
}

export async function schemaOf({ controller }: Pinot, table: string): Promise<Fields | null> {
  const answer = await send(controller, { method: 'GET', path: `/schemas/${encodeURIComponent(table)}` })
  if (answer.status === 404) return null
  if (answer.status !== 200) throw refusal(controller, `show the schema "${table}"`, answer)
  return answer.json() as Fields
}

/**
 * Asks Pinot whether it would take the two, and throws Failure if not, or if it would overlook a part of them.
 * It looks neither at the topic nor at the consumer's class.
 */
export async function validate({ controller }: Pinot, documents: Documents): Promise<void> {
  const answer = await send(controller, {
    method: 'POST',
    path: '/tableConfigs/validate',
    body: documents,
    repeatable: true,
  })
  if (answer.status !== 200) throw refusal(controller, `take the table "${documents.tableName}"`, answer)
  const { unrecognizedProperties } = answer.json() as { readonly unrecognizedProperties?: Fields }
  const unknown = Object.keys(unrecognizedProperties ?? {})
  if (unknown.length === 0) return
  throw new Failure(`This Pinot would overlook a part of the table "${documents.tableName}".`, {
    detail: unknown.join('\n'),
    next: 'Use a Pinot that pipec knows (1.5.1 or 0.11.0), or take Pinot out of `serving`.',
  })
}

/** Kafka out of reach makes Pinot answer after 225 s, with the reason; less patience would only hide that. */
const creation = 240_000

export async function post({ controller }: Pinot, documents: Documents): Promise<Response> {
  return send(controller, { method: 'POST', path: '/tableConfigs', body: documents, timeout: creation })
}

/** Rows that arrive between a change without `reload` and the next one would lose a new column for good. */
export async function put({ controller }: Pinot, documents: Documents): Promise<void> {
  const path = `/tableConfigs/${encodeURIComponent(documents.tableName)}?reload=true`
  const answer = await send(controller, {
    method: 'PUT',
    path,
    body: documents,
    timeout: 60_000,
    repeatable: true,
  })
  if (answer.status !== 200) throw refusal(controller, `change the table "${documents.tableName}"`, answer)
  expectPinots(answer)
}

/** The table and its schema; answers 200 also when there are none. */
export async function remove({ controller }: Pinot, table: string): Promise<void> {
  const path = `/tableConfigs/${encodeURIComponent(table)}`
  const answer = await send(controller, { method: 'DELETE', path, timeout: 60_000, repeatable: true })
  if (answer.status !== 200) throw refusal(controller, `delete the table "${table}"`, answer)
  expectPinots(answer)
}

/** Whatever Pinot has done it says in JSON; a login page with status 200 has done nothing. */
export function expectPinots(answer: Response): void {
  answer.json()
}

export interface Consumption {
  readonly serverName: string
  readonly consumerState: string
}

/** The segments that are being filled; null while the controller cannot tell. */
export async function consumption(
  { controller }: Pinot,
  table: string,
): Promise<readonly Consumption[] | null> {
  const path = `/tables/${encodeURIComponent(table)}/consumingSegmentsInfo`
  const answer = await send(controller, { method: 'GET', path })
  if (answer.status !== 200) return null
  const { _segmentToConsumingInfoMap: segments } = answer.json() as {
    readonly _segmentToConsumingInfoMap?: { readonly [segment: string]: readonly Consumption[] }
  }
  return Object.values(segments ?? {}).flat()
}

/** Whether somebody has told Pinot to read the table's topic no further; false also where it does not tell. */
export async function isPaused({ controller }: Pinot, table: string): Promise<boolean> {
  const path = `/tables/${encodeURIComponent(table)}/pauseStatus`
  const answer = await send(controller, { method: 'GET', path })
  if (answer.status !== 200) return false
  return (answer.json() as { readonly pauseFlag?: boolean }).pauseFlag === true
}

/** Ends the open segments, with what they hold: the next ones are opened by `resume`. */
export async function pause({ controller }: Pinot, table: string): Promise<void> {
  const path = `/tables/${encodeURIComponent(table)}/pauseConsumption`
  const answer = await send(controller, { method: 'POST', path, timeout: 60_000, repeatable: true })
  if (answer.status !== 200) throw refusal(controller, `stop reading for the table "${table}"`, answer)
  expectPinots(answer)
}

/** Segments that are still open after `pause`. */
export async function openSegments({ controller }: Pinot, table: string): Promise<readonly string[]> {
  const path = `/tables/${encodeURIComponent(table)}/pauseStatus`
  const answer = await send(controller, { method: 'GET', path })
  if (answer.status !== 200) throw refusal(controller, `tell whether the table "${table}" is paused`, answer)
  return (answer.json() as { readonly consumingSegments?: readonly string[] }).consumingSegments ?? []
}

/** From the offsets that it had reached; where it reads already, nothing changes. */
export async function resume({ controller }: Pinot, table: string): Promise<void> {
  const path = `/tables/${encodeURIComponent(table)}/resumeConsumption`
  const answer = await send(controller, { method: 'POST', path, timeout: 60_000, repeatable: true })
  if (answer.status !== 200) throw refusal(controller, `read on for the table "${table}"`, answer)
  expectPinots(answer)
}

export interface Answer {
  readonly rows: readonly (readonly unknown[])[]
  /** Pinot reports errors with status 200, and beside rows. */
  readonly problem: string | null
}

export async function query({ broker }: Pinot, sql: string): Promise<Answer> {
  const answer = await send(broker, { method: 'POST', path: '/query/sql', body: { sql }, repeatable: true })
  if (answer.status !== 200) throw refusal(broker, 'answer a query', answer)
  const { resultTable, exceptions } = answer.json() as {
    readonly resultTable?: { readonly rows: readonly (readonly unknown[])[] } | null
    readonly exceptions?: readonly { readonly message: string }[]
  }
  const [first] = exceptions ?? []
  return { rows: resultTable?.rows ?? [], problem: first === undefined ? null : firstLines(first.message) }
}

/** Pinot's own words: `{"code":…,"error":…}`, whose text may hold a whole configuration or a Java stack. */
export function refusal({ engine, endpoint }: Server, what: string, answer: Response): Failure {
  return new Failure(`${engine} at ${endpoint.url} does not ${what} (${answer.status}).`, {
    detail: wordsOf(answer),
    next: advice(answer.status),
  })
}

export function wordsOf({ text }: Response): string {
  const error = /"error"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1]
  return firstLines(error === undefined ? text : (JSON.parse(error) as string))
}

function firstLines(text: string): string {
  const lines = text.split('\n').filter((line) => !/^\s*at /.test(line))
  return shortened(lines.slice(0, 5).join('\n'), 600)
}

function advice(status: number): string {
  if (status === 401 || status === 403) return 'Check `auth` of Pinot in the environment, and what it may do.'
  return "Correct what Pinot complains of, or look at its controller's log; then run `pipec apply` again."
}
