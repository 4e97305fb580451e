/** The ports of all engines in one table, and whether they are free. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Failure } from '../failure.ts'
import { describeProcess } from './processes.ts'

/** Kafka's, Flink's, ksqlDB's and Pinot's are their own defaults; Spark's pages step aside for Flink's. */
export const defaultPorts = {
  kafka: 9092,
  kafkaController: 9093,
  flinkRest: 8081,
  flinkRpc: 6123,
  flinkGateway: 8083,
  ksqldb: 8088,
  sparkMaster: 7077,
  sparkRest: 6066,
  sparkUi: 8180,
  sparkWorkerUi: 8181,
  pinotController: 9000,
  pinotBroker: 8099,
  pinotServer: 8098,
  pinotServerAdmin: 8097,
  pinotZookeeper: 2181,
} as const

export type PortName = keyof typeof defaultPorts

export type Ports = Readonly<Record<PortName, number>>

/** @throws Failure when a port would leave 1024 to 65535. */
export function portsAt(offset: number): Ports {
  const entries = Object.entries(defaultPorts).map(([name, port]) => [name, port + offset] as const)
  const wrong = entries.find(([, port]) => port < 1024 || port > 65535)
  if (!Number.isInteger(offset) || wrong !== undefined) {
    throw new Failure(`A port offset of ${offset} puts ${wrong?.[0] ?? 'the ports'} outside 1024 to 65535.`, {
      next: 'Write a whole number such as 10000.',
    })
  }
  return Object.fromEntries(entries) as Ports
}

export interface WantedPort {
  readonly port: number
  /** Whose it will be, as a message names it: `Kafka`. */
  readonly owner: string
}

/** @throws Failure that names every port that is taken, and by whom where the system tells. */
export async function requireFree(wanted: readonly WantedPort[]): Promise<void> {
  const taken: WantedPort[] = []
  for (const one of wanted) if (!(await isFree(one.port))) taken.push(one)
  if (taken.length === 0) return
  const holders = await listeners()
  const lines = await Promise.all(taken.map((one) => complaint(one, holders.get(one.port))))
  throw new Failure(
    taken.length === 1
      ? 'A port that is needed is taken.'
      : `${taken.length} ports that are needed are taken.`,
    {
      detail: lines.join('\n'),
      next: 'End what holds them, or run `pipec up --port-offset 10000` to move all ports.',
    },
  )
}

async function complaint(wanted: WantedPort, pid: number | undefined): Promise<string> {
  const holder = pid === undefined ? 'a process that this user may not see' : await describeProcess(pid)
  return `${wanted.port} (${wanted.owner}): held by ${holder}`
}

/** Both addresses are tried: a listener on one of them leaves the other free on some systems. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, undefined))
}

function canListen(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Listening TCP port -> pid, of the processes that this user may see; empty where there is no /proc. */
async function listeners(): Promise<ReadonlyMap<number, number>> {
  const ports = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const [inode, port] of listeningSockets(await readFile(table, 'utf8').catch(() => '')))
      ports.set(inode, port)
  }
  const owners = new Map<number, number>()
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const inode of await socketsOf(pid)) {
      const port = ports.get(inode)
      if (port !== undefined) owners.set(port, Number(pid))
    }
  }
  return owners
}

/** The kernel's table: the second column is `address:port` in hexadecimal, the fourth `0A` for listening. */
export function listeningSockets(table: string): readonly (readonly [inode: string, port: number])[] {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
  return rows
    .filter((row) => row[3] === '0A')
    .map((row) => [row[9] ?? '', Number.parseInt(row[1]?.split(':')[1] ?? '', 16)] as const)
}

async function socketsOf(pid: string): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')))
  return targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
}
