/** `apply` from nothing to all running, with the share that is not the engines' own; and with nothing left to do. */
import type { ChildProcess } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { type EngineSet, rowsWithoutEngines, startEngines } from './engines.ts'
import { median, ownShare, type Row } from './row.ts'

const first = 'apply: from nothing to topics, Flink, Spark and Pinot all running'
const second = 'apply: with everything running, whole process'
const rounds = 5
const secondsPromised = 1.5

export async function benchApply(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines([first, second])
  if (without !== null) return without
  const engines = await startEngines(['kafka', 'flink', 'spark', 'pinot'], ending)
  copyFileSync('pipeline.yaml', join(engines.folder, 'pipeline.yaml'))
  await pipec(engines.folder, ['build'], ending)
  const created = await create(engines, ending)
  return [created, await unchanged(engines, ending)]
}

async function create(engines: EngineSet, ending: Ending): Promise<Row> {
  const over = new AbortController()
  const signal = AbortSignal.any([ending.signal, over.signal])
  const running = lookFrom(engines, signal)
  const told = new Map<string, number>()
  const ran = await pipec(engines.folder, ['apply', '--yes'], ending, (child) => listen(child, told))
  over.abort()
  const waits = [...(await running)].map(([address, at]) => {
    const next = told.get(address)
    if (next === undefined) throw new Error(`apply did not say that ${address} is done`)
    return { address, millis: Math.max(0, next - at) }
  })
  const waited = waits.reduce((sum, { millis }) => sum + millis, 0)
  const cpu = ran.cpuSeconds * 1000
  const whole = ran.endedAt - ran.beganAt
  const { text, holds } = ownShare(whole, cpu + waited)
  const each = waits.map(({ address, millis }) => `${address.split('.')[0]} ${Math.round(millis)} ms`)
  return {
    what: first,
    measured: `${text}: ${Math.round(cpu)} ms of CPU, and from what runs until it is told: ${each.join(', ')}`,
    floor: `${((whole - cpu - waited) / 1000).toFixed(1)} s for the engines to answer and to start what they were told`,
    bound: "pipec's own share under 5 % or 2 s",
    holds,
  }
}

/** When apply says that a change is done it goes on to the next one. */
function listen({ stderr }: ChildProcess, told: Map<string, number>): void {
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const [, address] of text.matchAll(/^create (\S+), done$/gm)) told.set(address!, Date.now())
  })
}

type Look = () => boolean | Promise<boolean>

/** When each job and table is seen to run, every 50 ms, by addresses. */
async function lookFrom(engines: EngineSet, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>()
  const looks = looksOf(engines)
  await Promise.all(
    Object.entries(looks).map(async ([address, look]) => {
      while (!signal.aborted) {
        if (await Promise.resolve(look()).catch(() => false)) {
          seen.set(address, Date.now())
          return
        }
        await sleep(50)
      }
    }),
  )
  return seen
}

const name = 'pipec.transactions'
const tables = ['transactions_aggregate_flink', 'transactions_aggregate_spark']

function looksOf(engines: EngineSet): Readonly<Record<string, Look>> {
  return {
    [`flink.job.${name}`]: () => flinkRuns(engines),
    [`spark.job.${name}`]: () => sparkRuns(engines),
    ...Object.fromEntries(
      tables.map((table) => [`pinot.table.${table}`, () => pinotAnswers(engines, table)] as const),
    ),
  }
}

async function flinkRuns({ endpoints }: EngineSet): Promise<boolean> {
  const { jobs } = (await json(`${endpoints.flink?.rest}/jobs/overview`)) as {
    jobs: { name: string; state: string; tasks: { running: number; total: number } }[]
  }
  return jobs.some(
    (job) =>
      job.name === name &&
      job.state === 'RUNNING' &&
      job.tasks.total > 0 &&
      job.tasks.running === job.tasks.total,
  )
}

/** A query that has committed its first batch, which has no records yet. */
function sparkRuns({ local }: EngineSet): boolean {
  const folder = join(local.spark?.files.checkpoints ?? '', name)
  if (!existsSync(folder)) return false
  return readdirSync(folder).some((state) => existsSync(join(folder, state, 'commits', '0')))
}

async function pinotAnswers({ endpoints }: EngineSet, table: string): Promise<boolean> {
  const answer = (await json(`${endpoints.pinot?.broker}/query/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql: `SELECT COUNT(*) FROM ${table}` }),
  })) as { exceptions?: unknown[]; numServersResponded?: number }
  return answer.exceptions?.length === 0 && (answer.numServersResponded ?? 0) > 0
}

async function json(url: string, options: RequestInit = {}): Promise<unknown> {
  return (await fetch(url, options)).json()
}

async function unchanged({ folder }: EngineSet, ending: Ending): Promise<Row> {
  const taken: number[] = []
  const nothing: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { out, beganAt, endedAt } = await pipec(folder, ['apply', '--yes', '--json'], ending)
    if (JSON.parse(out).done.length > 0) throw new Error('a second apply changed something')
    taken.push((endedAt - beganAt) / 1000)
    const version = await pipec(folder, ['--version'], ending)
    nothing.push((version.endedAt - version.beganAt) / 1000)
  }
  return {
    what: second,
    measured: `${median(taken).toFixed(2)} s`,
    floor: `${median(nothing).toFixed(2)} s for pipec --version`,
    bound: `under ${secondsPromised} s`,
    holds: median(taken) < secondsPromised,
  }
}
