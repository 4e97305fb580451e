/** `up --with native` from a warm cache: how long it takes, and how much of that is not the engines' own start. */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { holds } from '../runtime/native/health.ts'
import { type Ports, portsAt } from '../runtime/native/ports.ts'
import { marked } from '../runtime/native/processes.ts'
import type { Probe } from '../runtime/native/service.ts'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { folderForEngines, freeOffset, rowsWithoutEngines, warmCache } from './engines.ts'
import { ownShare, type Row } from './row.ts'

const what = 'up --with native: Kafka, Flink, Spark, Pinot, until all are healthy'

export async function benchUp(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines([what])
  if (without !== null) return without
  await warmCache(ending)
  const folder = folderForEngines(ending)
  const offset = await freeOffset()
  const { signal } = ending
  const first = firstStart(`${folder}/.pipec`, signal)
  const last = Promise.all(answers(portsAt(offset)).map((probe) => answeredAt(probe, signal)))
  const words = ['up', '--with', 'native', '--port-offset', String(offset)]
  const { beganAt, endedAt } = await pipec(folder, [...words, '--engine', 'kafka,flink,spark,pinot'], ending)
  const before = (await first) - beganAt
  const after = endedAt - Math.max(...(await last))
  const { text, holds } = ownShare(endedAt - beganAt, before + Math.max(0, after))
  return [
    {
      what,
      measured: `${text}: ${Math.round(before)} ms before the first process, ${Math.round(after)} ms after the last answer`,
      floor: `${seconds(endedAt - beganAt - before - after)} from the first process to the last answer, as seen from outside`,
      bound: "pipec's own share under 5 % or 2 s",
      holds,
    },
  ]
}

function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}

/** What each engine's own documentation asks, to know that it works. */
function answers(ports: Ports): readonly Probe[] {
  const http = (port: number, path: string, good: (text: string) => boolean = () => true): Probe => ({
    kind: 'http',
    url: `http://127.0.0.1:${port}${path}`,
    holds: good,
  })
  return [
    { kind: 'kafka', port: ports.kafka },
    http(ports.flinkRest, '/overview', (text) => JSON.parse(text).taskmanagers > 0),
    http(ports.flinkGateway, '/v1/info'),
    http(ports.sparkRest, '/v1/submissions/readyz'),
    http(ports.sparkUi, '/json/', (text) => JSON.parse(text).aliveworkers > 0),
    ...[ports.pinotController, ports.pinotBroker, ports.pinotServerAdmin].map((port) =>
      http(port, '/health'),
    ),
  ]
}

async function answeredAt(probe: Probe, signal: AbortSignal): Promise<number> {
  while (!(await holds(probe, signal))) await sleep(50, undefined, { signal })
  return Date.now()
}

/** When the first of the engines' processes was started, by the system's own book. */
async function firstStart(folder: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    const processes = await marked(folder)
    if (processes.length > 0) return startOf(Math.min(...processes.map(({ started }) => Number(started))))
    await sleep(20, undefined, { signal })
  }
}

const ticksPerSecond = 100

/** Of clock ticks since the machine's start, epoch milliseconds. */
async function startOf(ticks: number): Promise<number> {
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0])
  return Date.now() - (uptime - ticks / ticksPerSecond) * 1000
}
