/** A controller and a broker in one server, as Pinot 1.5.1 answers, which can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoints, KafkaSecurity } from '../../runtime/endpoints.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * `lose`, `hang`, `drip`, `late`: carried out, and not answered, not to its end, or by a proxy (504). `half`: a creation
 * gets as far as the schema, and is not answered. The others come before it is carried out; `echo` shows what was sent.
 */
export type Fault = 'lose' | 'hang' | 'drip' | 'late' | 'half' | 'reset' | 'busy' | 'html' | 'echo' | null

export interface FakePinot {
  readonly endpoints: Endpoints
  readonly schemas: Map<string, Json>
  readonly tables: Map<string, Json>
  /** Tables made so far: one that is made again has lost its rows. */
  made: number
  /** As the tables' segments were opened: that is how they read, whatever the tables say by now. */
  readonly opened: Map<string, Json>
  /** What becomes of the tables' topics. */
  reads: 'CONSUMING' | 'NOT_CONSUMING' | 'paused'
  /** `POST /tableConfigs`, in order of arrival. */
  readonly requests: string[]
  /** What meets the nth request, counted from 1. */
  fault: (nth: number) => Fault
  close(): Promise<void>
}

export async function fakePinot(security: KafkaSecurity | null = null): Promise<FakePinot> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fake: FakePinot = {
    endpoints: endpointsAt(url, security),
    schemas: new Map(),
    tables: new Map(),
    made: 0,
    opened: new Map(),
    reads: 'CONSUMING',
    requests: [],
    fault: () => null,
    close: () => closed(server),
  }
  serve(server, { fake, leaving: new Map(), unserved: new Map() })
  return fake
}

function endpointsAt(url: string, security: KafkaSecurity | null): Endpoints {
  return {
    environment: 'test',
    kafka: { bootstrapServers: 'outside:9092', engineBootstrapServers: 'inside:29092', security },
    flink: null,
    ksqldb: null,
    spark: null,
    pinot: { url, broker: url, auth: { username: 'me', password: 'hunter2-and-more' } },
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

interface State {
  readonly fake: FakePinot
  /** How often a creation is still refused, because the table of that name that was deleted is not gone yet. */
  readonly leaving: Map<string, number>
  /** How often a query still fails, because no broker knows the new table. */
  readonly unserved: Map<string, number>
}

function serve(server: Server, state: State): void {
  const { fake } = state
  server.on('request', async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    fake.requests.push(`${request.method} ${request.url?.split('?')[0]}`)
    const fault = fake.fault(fake.requests.length)
    if (refusedBy(fault, request, response, body)) return
    const reply = fault === 'half' ? half(state, request, body) : route(state, request, body)
    answer(reply, fault, response)
  })
}

function refusedBy(fault: Fault, request: IncomingMessage, response: ServerResponse, body: string): boolean {
  if (fault === 'reset') request.socket.destroy()
  else if (fault === 'busy') response.writeHead(503, { 'retry-after': '0' }).end('busy')
  else if (fault === 'html') response.end('<html>Sign in</html>')
  else if (fault === 'echo') {
    const error = `Invalid: ${body} ${request.headers.authorization}`
    response.writeHead(500).end(JSON.stringify({ code: 500, error }))
  } else return false
  return true
}

interface Reply {
  readonly status: number
  readonly value: unknown
}

function answer({ status, value }: Reply, fault: Fault, response: ServerResponse): void {
  const text = JSON.stringify(value)
  if (fault === 'lose' || fault === 'half') response.destroy()
  else if (fault === 'late') response.writeHead(504).end('<html>Gateway Time-out</html>')
  else if (fault === 'drip') drip(text, response)
  else if (fault !== 'hang') response.writeHead(status).end(text)
}

/** A byte now and then, and never the last one. */
function drip(text: string, response: ServerResponse): void {
  response.write(text.slice(0, 1))
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

const ok = (value: unknown): Reply => ({ status: 200, value })
const no = (code: number, error: string): Reply => ({ status: code, value: { code, error } })

interface Documents {
  readonly tableName: string
  readonly schema: Json
  readonly realtime: Json
}

function half(state: State, request: IncomingMessage, body: string): Reply {
  if (`${request.method} ${request.url}` !== 'POST /tableConfigs') return route(state, request, body)
  const { tableName, schema } = JSON.parse(body) as Documents
  state.fake.schemas.set(tableName, schema)
  return ok({})
}

function route(state: State, { method, url = '' }: IncomingMessage, body: string): Reply {
  const { schemas, tables } = state.fake
  const { pathname } = new URL(url, 'http://pinot')
  const asked = `${method} ${pathname}`
  if (asked === 'GET /version') return ok({ 'pinot-controller': '1.5.1-0' })
  if (asked === 'GET /tables') return ok({ tables: [...tables.keys()].map((name) => `${name}_REALTIME`) })
  if (asked === 'POST /query/sql') return queried(state, (JSON.parse(body) as { sql: string }).sql)
  if (asked === 'POST /tableConfigs/validate') return ok({ unrecognizedProperties: {} })
  if (asked === 'POST /tableConfigs') return created(state, JSON.parse(body) as Documents)
  const [, room, name = '', more] = pathname.split('/')
  if (room === 'schemas') return found(schemas.get(name))
  if (room === 'tableConfigs' && method === 'PUT') return changed(state, JSON.parse(body) as Documents)
  if (room === 'tableConfigs') return deleted(state, name)
  const table = tables.get(name)
  if (more === undefined) return found(table === undefined ? undefined : { REALTIME: table })
  if (table === undefined) return no(404, `Table ${name}_REALTIME not found`)
  return consumption(state, name, more)
}

function consumption({ fake }: State, name: string, asked: string): Reply {
  if (asked === 'resumeConsumption') resumed(fake, name)
  if (asked === 'pauseConsumption') fake.reads = 'paused'
  if (asked !== 'consumingSegmentsInfo')
    return ok({ pauseFlag: fake.reads === 'paused', consumingSegments: [] })
  const segments = [{ serverName: 'Server_1', consumerState: fake.reads }]
  return ok({ _segmentToConsumingInfoMap: fake.reads === 'paused' ? {} : { [`${name}__0`]: segments } })
}

function resumed(fake: FakePinot, name: string): void {
  if (fake.reads === 'paused') fake.opened.set(name, fake.tables.get(name)!)
  fake.reads = 'CONSUMING'
}

function found(value: Json | undefined): Reply {
  return value === undefined ? no(404, 'not found') : ok(value)
}

function created({ fake, leaving, unserved }: State, { tableName, schema, realtime }: Documents): Reply {
  const left = leaving.get(tableName) ?? 0
  if (left > 0) {
    leaving.set(tableName, left - 1)
    return no(409, `External view for ${tableName}_REALTIME still exists`)
  }
  if (fake.schemas.has(tableName)) return no(400, `Schema ${tableName} already exists. Use PUT`)
  fake.schemas.set(tableName, schema)
  fake.tables.set(tableName, realtime)
  fake.opened.set(tableName, realtime)
  fake.made++
  unserved.set(tableName, 1)
  return ok({ unrecognizedProperties: {}, status: `TableConfigs ${tableName} successfully added` })
}

function changed({ fake }: State, { tableName, schema, realtime }: Documents): Reply {
  if (!fake.tables.has(tableName)) return no(400, `TableConfigs ${tableName} does not exist`)
  fake.schemas.set(tableName, schema)
  fake.tables.set(tableName, realtime)
  return ok({ unrecognizedProperties: {} })
}

/** 200 also where there is none. */
function deleted({ fake, leaving }: State, name: string): Reply {
  if (fake.tables.delete(name)) leaving.set(name, 1)
  fake.schemas.delete(name)
  return ok({ status: `Deleted TableConfigs: ${name}` })
}

/** Errors come with status 200. */
function queried({ fake, unserved }: State, sql: string): Reply {
  const name = /FROM "(\w+)"/.exec(sql)?.[1] ?? ''
  const left = unserved.get(name) ?? 0
  unserved.set(name, left - 1)
  if (fake.tables.has(name) && left <= 0) return ok({ resultTable: { rows: [[0]] }, exceptions: [] })
  return ok({
    resultTable: null,
    exceptions: [{ errorCode: 190, message: `TableDoesNotExistError: ${name}` }],
  })
}
