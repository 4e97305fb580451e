/** A master, its submission REST and a worker's page in one server, which can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoints, KafkaSecurity } from '../../runtime/endpoints.ts'

interface FakeDriver {
  readonly id: string
  state: string
  readonly stderr: string
  stdout: string
  /** Of a job: its checkpoint's folder, and whether that was there when it was launched. */
  readonly checkpoint?: { readonly folder: string; readonly found: boolean } | undefined
  /** Of a removal: the folder that is gone once it has finished. */
  readonly removes?: string | undefined
  /** What it becomes, step by step, each after so many looks at the master as `pace` says. */
  ahead?: Stage[]
}

interface Stage {
  looks: number
  readonly state: string
  readonly stdout: string
}

/**
 * `lose`, `hang`, `drip`, `late`, `huge`: carried out, and not answered, not to its end, by a proxy (504), or by far too
 * much. The others come before it is carried out.
 */
export type Fault = 'lose' | 'hang' | 'drip' | 'late' | 'huge' | 'reset' | 'busy' | 'html' | null

export interface FakeSpark {
  readonly endpoints: Endpoints
  readonly drivers: FakeDriver[]
  /** Folders of checkpoints that are there. */
  readonly checkpoints: Set<string>
  /** `POST /v1/submissions/create`, in order of arrival. */
  readonly requests: string[]
  /** What meets the nth request, counted from 1. */
  fault: (nth: number) => Fault
  /** Looks at the master that a driver spends waiting for a worker, and a removal at work. */
  pace: number
  /** Bodies of submissions, in order. */
  readonly submissions: Submission[]
  /** What the next submissions meet: taken and answered, taken and never answered, or not taken. */
  next: 'answer' | 'lose' | 'refuse' | 'html'
  /** What a worker's page answers about any driver, in the place of its log. */
  page: string | null
  /** How a job's output reads once it is launched, and how its driver is then. */
  outcome: { readonly state: string; readonly stdout: string }
  close(): Promise<void>
}

export interface Submission {
  readonly appArgs: readonly string[]
  readonly environmentVariables: Readonly<Record<string, string>>
  readonly sparkProperties: Readonly<Record<string, string>>
}

export const ready = 'pipec: {"ready": true, "state": "", "batch": 3, "behind": 1200, "watermark": null}\n'

export async function fakeSpark(security: KafkaSecurity | null = null): Promise<FakeSpark> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fake: FakeSpark = {
    endpoints: endpointsAt(url, security),
    drivers: [],
    checkpoints: new Set(),
    requests: [],
    fault: () => null,
    pace: 0,
    submissions: [],
    next: 'answer',
    page: null,
    outcome: { state: 'RUNNING', stdout: ready },
    close: () => closed(server),
  }
  serve(server, url, fake)
  return fake
}

function endpointsAt(url: string, security: KafkaSecurity | null): Endpoints {
  const files = {
    jars: ['/jars/a.jar'],
    python: 'python3',
    scripts: '/scripts',
    checkpoints: '/checkpoints/',
  }
  return {
    environment: 'test',
    kafka: { bootstrapServers: 'outside:9092', engineBootstrapServers: 'inside:29092', security },
    flink: null,
    ksqldb: null,
    pinot: null,
    spark: { url, auth: null, master: 'spark://127.0.0.1:7077', ui: url, files, here: false },
  }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

function serve(server: Server, url: string, fake: FakeSpark): void {
  server.on('request', async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { pathname } = new URL(request.url ?? '', url)
    fake.requests.push(`${request.method} ${pathname}`)
    const fault = fake.fault(fake.requests.length) ?? submissionFault(fake, pathname)
    if (!refusedBy(fault, request, response))
      answer(route(fake, url, request.url ?? '', body), fault, response)
  })
}

function submissionFault(fake: FakeSpark, pathname: string): Fault {
  if (pathname !== create || fake.next === 'refuse' || fake.next === 'answer') return null
  const fault = fake.next
  fake.next = 'answer'
  return fault
}

function refusedBy(fault: Fault, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault === 'reset') request.socket.destroy()
  else if (fault === 'busy') response.writeHead(503, { 'retry-after': '0' }).end('busy')
  else if (fault === 'html') response.end('<html>Sign in</html>')
  else return false
  return true
}

interface Reply {
  readonly status: number
  readonly text: string
}

function answer({ status, text }: Reply, fault: Fault, response: ServerResponse): void {
  if (fault === 'lose') response.destroy()
  else if (fault === 'late') response.writeHead(504).end('<html>Gateway Time-out</html>')
  else if (fault === 'drip') drip(text, response)
  else if (fault === 'huge') flood(response)
  else if (fault !== 'hang') response.writeHead(status).end(text)
}

/** A byte now and then, and never the last one. */
function drip(text: string, response: ServerResponse): void {
  response.write(text.slice(0, 1))
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(8 * 1024 * 1024, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

const create = '/v1/submissions/create'
const ok = (text: string): Reply => ({ status: 200, text })

function route(fake: FakeSpark, url: string, asked: string, body: string): Reply {
  const { pathname, searchParams } = new URL(asked, url)
  if (pathname === '/json/') return ok(JSON.stringify(master(url, fake)))
  if (pathname === '/log/') return ok(fake.page ?? log(fake, searchParams))
  if (pathname.startsWith('/v1/submissions/kill/')) return ok(JSON.stringify(killed(fake, pathname)))
  if (fake.next === 'refuse') {
    fake.next = 'answer'
    return { status: 400, text: JSON.stringify({ success: false, message: 'No memory.\n\tat org.apache' }) }
  }
  const id = launch(fake, JSON.parse(body) as Submission)
  return ok(JSON.stringify({ success: true, submissionId: id }))
}

function killed({ drivers }: FakeSpark, pathname: string) {
  const driver = drivers.find(({ id }) => pathname.endsWith(id))
  if (driver === undefined || !isActive(driver)) return { success: false, message: 'has already finished' }
  driver.state = 'KILLED'
  driver.ahead = []
  return { success: true }
}

function launch(fake: FakeSpark, submission: Submission): string {
  fake.submissions.push(submission)
  const id = `driver-20260101000000-${String(fake.drivers.length).padStart(4, '0')}`
  const command = submission.appArgs.map((each) => `"${each}"`).join(' ')
  const { PIPEC_CHECKPOINT: folder, PIPEC_CHECKPOINTS: removes } = submission.environmentVariables
  const checkpoint = folder === undefined ? undefined : { folder, found: fake.checkpoints.has(folder) }
  if (folder !== undefined) fake.checkpoints.add(folder)
  const looks = fake.pace
  const works: Stage = { looks, state: 'RUNNING', stdout: '' }
  const ahead =
    removes === undefined ? [{ looks, ...fake.outcome }] : [works, { ...works, state: 'FINISHED' }]
  const stderr = `Launch Command: "java" ${command}\n=====\n`
  const driver: FakeDriver = { id, state: 'SUBMITTED', stdout: '', stderr, checkpoint, removes, ahead }
  fake.drivers.push(driver)
  goOn(fake, driver)
  return id
}

/** Whatever is due. */
function goOn({ checkpoints }: FakeSpark, driver: FakeDriver): void {
  while (driver.ahead?.[0]?.looks === 0) {
    const { state, stdout } = driver.ahead.shift()!
    driver.state = state
    driver.stdout = stdout
  }
  const { removes, state } = driver
  if (removes === undefined || state !== 'FINISHED') return
  for (const folder of checkpoints) if (folder.startsWith(removes)) checkpoints.delete(folder)
}

function master(url: string, fake: FakeSpark) {
  const { drivers } = fake
  const shown = drivers.map((driver) => ({
    id: driver.id,
    state: driver.state,
    worker: driver.state === 'SUBMITTED' ? 'None' : 'worker-1',
    mainclass: 'SparkSubmit',
  }))
  for (const driver of drivers.filter(({ ahead }) => ahead?.[0] !== undefined)) {
    driver.ahead![0]!.looks--
    goOn(fake, driver)
  }
  return {
    workers: [{ id: 'worker-1', state: 'ALIVE', webuiaddress: url, coresfree: 1, memoryfree: 512 }],
    activedrivers: shown.filter(isActive),
    completeddrivers: shown.filter((each) => !isActive(each)),
  }
}

function isActive({ state }: { readonly state: string }): boolean {
  return state === 'RUNNING' || state === 'SUBMITTED'
}

function log({ drivers }: FakeSpark, asked: URLSearchParams): string {
  const driver = drivers.find(({ id }) => id === asked.get('driverId'))
  const header = (text: string): string =>
    `==== Bytes 0-${text.length} of ${text.length} of /opt/spark/work/log ====\n${text}`
  if (driver === undefined || driver.state === 'SUBMITTED')
    return header('Error: invalid log directory /opt/spark/work/')
  return header(asked.get('logType') === 'stderr' ? driver.stderr : driver.stdout)
}
