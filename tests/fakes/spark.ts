/** A master, its submission REST and a worker's page in one server, which can be told to misbehave. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Endpoints, KafkaSecurity } from '../../runtime/endpoints.ts'

interface FakeDriver {
  readonly id: string
  state: string
  readonly stderr: string
  stdout: string
}

export interface FakeSpark {
  readonly endpoints: Endpoints
  readonly drivers: FakeDriver[]
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

const ready = 'pipec: {"ready": true, "state": "", "batch": 3, "behind": 1200, "watermark": null}\n'

export async function fakeSpark(security: KafkaSecurity | null = null): Promise<FakeSpark> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fake: FakeSpark = {
    endpoints: endpointsAt(url, security),
    drivers: [],
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
  server.on('request', async (request, response): Promise<unknown> => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    if (pathname === '/json/') return response.end(JSON.stringify(master(url, fake)))
    if (pathname === '/log/') return response.end(fake.page ?? log(fake, searchParams))
    if (pathname.startsWith('/v1/submissions/kill/')) {
      const driver = fake.drivers.find(({ id }) => pathname.endsWith(id))
      if (driver !== undefined) driver.state = 'KILLED'
      return response.end('{"success":true}')
    }
    const how = fake.next
    fake.next = 'answer'
    if (how === 'html') return response.end('<html>Sign in</html>')
    if (how === 'refuse') {
      response.statusCode = 400
      return response.end(JSON.stringify({ success: false, message: 'No memory.\n\tat org.apache' }))
    }
    const id = launch(fake, JSON.parse(body) as Submission)
    if (how === 'lose') return request.socket.destroy()
    return response.end(JSON.stringify({ success: true, submissionId: id }))
  })
}

function launch(fake: FakeSpark, submission: Submission): string {
  fake.submissions.push(submission)
  const id = `driver-20260101000000-${String(fake.drivers.length).padStart(4, '0')}`
  const command = submission.appArgs.map((each) => `"${each}"`).join(' ')
  const removal = command.includes('#removal')
  const outcome = removal ? { state: 'FINISHED', stdout: '' } : fake.outcome
  fake.drivers.push({ id, ...outcome, stderr: `Launch Command: "java" ${command}\n=====\n` })
  return id
}

function master(url: string, { drivers }: FakeSpark) {
  const shown = drivers.map(({ id, state }) => ({ id, state, worker: 'worker-1', mainclass: 'SparkSubmit' }))
  return {
    workers: [{ id: 'worker-1', state: 'ALIVE', webuiaddress: url, coresfree: 1, memoryfree: 512 }],
    activedrivers: shown.filter(({ state }) => state === 'RUNNING'),
    completeddrivers: shown.filter(({ state }) => state !== 'RUNNING'),
  }
}

function log({ drivers }: FakeSpark, asked: URLSearchParams): string {
  const driver = drivers.find(({ id }) => id === asked.get('driverId'))
  const text = (asked.get('logType') === 'stderr' ? driver?.stderr : driver?.stdout) ?? ''
  return `==== Bytes 0-${text.length} of ${text.length} of /opt/spark/work/log ====\n${text}`
}
