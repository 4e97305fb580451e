/** A JobManager and a SQL Gateway in one server, as Flink 2.2.1 answers, which can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoints } from '../../runtime/endpoints.ts'

export interface FakeJob {
  readonly jid: string
  readonly name: string
  readonly start: number
  readonly parameters: Readonly<Record<string, string>>
  /** What it was told to go on from. */
  readonly restored: string | null
  savepoint: string | null
  state: 'RUNNING' | 'FAILED' | 'FINISHED' | 'CANCELED'
}

/** `lose`, `late`: carried out, and not answered, or answered by a proxy (504). The others come before it is carried out. */
export type Fault = 'lose' | 'reset' | 'busy' | 'html' | 'late' | 'forget' | null

export interface FakeFlink {
  readonly endpoints: Endpoints
  readonly jobs: FakeJob[]
  /** `POST /v3/sessions`, in order of arrival. */
  readonly requests: string[]
  /** What meets the nth request, counted from 1. */
  fault: (nth: number) => Fault
  /** What a stop says against its savepoint. */
  savepointFailure: string | null
  /** Milliseconds since a part of a job last changed its state, from look to look; the last one stays. */
  ages: number[]
  /** How a job is as soon as it has been accepted. */
  outcome: 'RUNNING' | 'FAILED'
  close(): Promise<void>
}

export async function fakeFlink(): Promise<FakeFlink> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fake: FakeFlink = {
    endpoints: endpointsAt(url),
    jobs: [],
    requests: [],
    fault: () => null,
    savepointFailure: null,
    ages: [5_000],
    outcome: 'RUNNING',
    close: () => closed(server),
  }
  serve(server, fake)
  return fake
}

function endpointsAt(url: string): Endpoints {
  const auth = { username: 'me', password: 'hunter2-and-more' }
  const kafka = { bootstrapServers: 'outside:9092', engineBootstrapServers: 'inside:29092', security: null }
  return {
    environment: 'test',
    kafka,
    flink: { url, rest: url, auth, checkpoints: null },
    ksqldb: null,
    spark: null,
    pinot: null,
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

interface Session {
  readonly properties: Record<string, string>
}

interface State {
  readonly fake: FakeFlink
  readonly sessions: Map<string, Session>
  readonly results: Map<string, string | null>
  readonly triggers: Set<string>
}

function serve(server: Server, fake: FakeFlink): void {
  const state: State = { fake, sessions: new Map(), results: new Map(), triggers: new Set() }
  server.on('request', async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    fake.requests.push(`${request.method} ${request.url}`)
    const fault = fake.fault(fake.requests.length)
    if (fault === 'forget') state.sessions.clear()
    if (!refusedBy(fault, request, response)) answer(state, { request, response, body, fault })
  })
}

function refusedBy(fault: Fault, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault === 'reset') request.socket.destroy()
  else if (fault === 'busy') response.writeHead(503, { 'retry-after': '0' }).end('{"errors":["no leader"]}')
  else if (fault === 'html') response.end('<html>Sign in</html>')
  else return false
  return true
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: string
  readonly fault: Fault
}

function answer(state: State, { request, response, body, fault }: Exchange): void {
  const { status, value } = route(state, `${request.method} ${request.url}`, body)
  if (fault === 'lose') request.socket.destroy()
  else if (fault === 'late') response.writeHead(504).end('<html>Gateway Time-out</html>')
  else response.writeHead(status).end(JSON.stringify(value))
}

interface Reply {
  readonly status: number
  readonly value: unknown
}

const ok = (value: unknown, status = 200): Reply => ({ status, value })
const no = (status: number, text: string): Reply => ({ status, value: { errors: [text] } })

function route(state: State, asked: string, body: string): Reply {
  const gateway = /^(\w+) \/v3\/sessions(?:\/([\w-]+))?(?:\/(.*))?$/.exec(asked)
  if (gateway !== null) return gatewayReply(state, gateway, body)
  if (asked === 'GET /jobs/overview')
    return ok({ jobs: state.fake.jobs.map((job) => overview(job, state.fake)) })
  const match = /^(\w+) \/jobs\/(\w+)(.*)$/.exec(asked)
  const job = state.fake.jobs.find(({ jid }) => jid === match?.[2])
  return job === undefined
    ? no(404, 'Job not found')
    : jobReply(state, job, `${match?.[1]} ${match?.[3]}`, body)
}

function overview({ jid, name, state, start }: FakeJob, { ages }: FakeFlink) {
  const duration = ages.length > 1 ? ages.shift() : ages[0]
  const tasks = { running: state === 'RUNNING' ? 1 : 0, total: 1 }
  return { jid, name, state, 'start-time': start, duration, 'last-modification': start, tasks }
}

function jobReply(state: State, job: FakeJob, asked: string, body: string): Reply {
  const saved = job.savepoint === null ? null : { external_path: job.savepoint, trigger_timestamp: job.start }
  const restored = job.restored === null ? null : { external_path: job.restored, restore_timestamp: 0 }
  const cause = 'java.lang.RuntimeException: outer\nCaused by: java.io.IOException: no such topic'
  const failures = job.state === 'FAILED' ? [{ stacktrace: cause, timestamp: 1 }] : []
  const vertices = [{ id: 'v', name: 'source', status: job.state, metrics: { 'read-records': 0 } }]
  if (asked === 'GET ') return ok({ jid: job.jid, state: job.state, vertices })
  if (asked === 'GET /config') return ok({ 'execution-config': { 'user-config': job.parameters } })
  if (asked === 'GET /checkpoints') return ok({ latest: { completed: null, savepoint: saved, restored } })
  if (asked.startsWith('GET /exceptions')) return ok({ exceptionHistory: { entries: failures } })
  if (asked.startsWith('GET /savepoints/')) return savepointReply(state, job, asked)
  if (asked.startsWith('GET ')) return ok([])
  if (asked === 'POST /stop') return stopReply(state, job, body)
  if (job.state !== 'RUNNING') return no(409, 'Job has ended')
  job.state = 'CANCELED'
  return ok({}, 202)
}

function stopReply({ fake, triggers }: State, job: FakeJob, body: string): Reply {
  const { triggerId } = JSON.parse(body) as { triggerId: string }
  if (!triggers.has(triggerId)) {
    if (job.state !== 'RUNNING') return no(409, 'Job has ended')
    triggers.add(triggerId)
    if (fake.savepointFailure === null) {
      job.state = 'FINISHED'
      job.savepoint = `file:/savepoints/${job.jid}`
    }
  }
  return ok({ 'request-id': triggerId }, 202)
}

function savepointReply({ fake, triggers }: State, job: FakeJob, asked: string): Reply {
  if (!triggers.has(asked.slice('GET /savepoints/'.length))) return no(404, 'There is no savepoint operation')
  const failed = { 'failure-cause': { 'stack-trace': fake.savepointFailure } }
  return ok({
    status: { id: 'COMPLETED' },
    operation: fake.savepointFailure === null ? { location: job.savepoint } : failed,
  })
}

function gatewayReply(state: State, [, method, handle, rest]: RegExpExecArray, body: string): Reply {
  if (handle === undefined) {
    const id = `s${state.sessions.size + 1}-${state.fake.requests.length}`
    state.sessions.set(id, { properties: { ...(JSON.parse(body) as Session).properties } })
    return ok({ sessionHandle: id })
  }
  const session = state.sessions.get(handle)
  if (session === undefined) {
    return no(
      500,
      `SqlGatewayException: Failed.\nCaused by: SqlGatewayException: Session '${handle}' does not exist.`,
    )
  }
  if (method === 'DELETE') return ok({ status: 'CLOSED' })
  if (rest === 'statements')
    return statementReply(state, session, (JSON.parse(body) as { statement: string }).statement)
  const operation = /^operations\/(\w+)\/(status|result)/.exec(rest ?? '')
  if (operation?.[2] === 'status') return ok({ status: 'FINISHED' })
  const jobID = state.results.get(operation?.[1] ?? '')
  return ok(jobID == null ? {} : { jobID })
}

function statementReply(state: State, session: Session, statement: string): Reply {
  const operation = `o${state.results.size + 1}`
  const set = /^SET '([^']*)' = '([^']*)'$/.exec(statement)
  if (set !== null) session.properties[set[1]!] = set[2]!
  state.results.set(operation, statement.startsWith('INSERT') ? launch(state.fake, session) : null)
  return ok({ operationHandle: operation })
}

function launch(fake: FakeFlink, { properties }: Session): string {
  const given = properties['pipeline.global-job-parameters'] ?? ''
  const parameters = Object.fromEntries(given.split(',').map((each) => each.split(':')))
  const jid = String(fake.jobs.length + 1).padStart(32, '0')
  const name = properties['pipeline.name'] ?? ''
  const restored = properties['execution.state-recovery.path'] ?? null
  // The job that notes a removal reads nothing and ends by itself.
  const state = 'pipec.destroyed' in parameters ? 'FINISHED' : fake.outcome
  fake.jobs.push({ jid, name, start: fake.jobs.length + 1, parameters, restored, savepoint: null, state })
  return jid
}
