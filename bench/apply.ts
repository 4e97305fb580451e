/** `apply` from nothing to all running, with the share that is not the engines' own; and with nothing left to do. */
import type { ChildProcess } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readCluster } from '../runtime/engines/spark-cluster.ts'
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

/**
 * pipec's own is what it computes, but while an engine starts what it has accepted and nothing waits for pipec, and the time
 * from when something runs until pipec says so.
 */
async function create(engines: EngineSet, ending: Ending): Promise<Row> {
  const over = new AbortController()
  const signal = AbortSignal.any([ending.signal, over.signal])
  const told = new Map<string, number>()
  let watched: Promise<readonly Start[]> = Promise.resolve([])
  const ran = await pipec(engines.folder, ['apply', '--yes'], ending, (child) => {
    listen(child, told)
    watched = watch(child.pid!, engines, signal)
    // What it throws is thrown where it is waited for, once pipec has ended.
    watched.catch(() => {})
  }).finally(() => over.abort())
  const starts = await watched
  const waits = starts.map(({ address, runningAt }) => {
    const next = told.get(address)
    if (next === undefined) throw new Error(`apply did not say that ${address} is done`)
    return { address, millis: Math.max(0, next - runningAt) }
  })
  const waited = waits.reduce((sum, { millis }) => sum + millis, 0)
  const cpu = ran.cpuSeconds * 1000 - starts.reduce((sum, { cpu }) => sum + cpu, 0)
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

type Stage = 'absent' | 'accepted' | 'running'
type Look = () => Stage | Promise<Stage>

interface Start {
  readonly address: string
  readonly runningAt: number
  /** Milliseconds that pipec computed from when it was accepted until it ran. */
  readonly cpu: number
}

/** Each job and table in apply's own order, every 50 ms: one look at a time, so that the looks slow nothing down. */
async function watch(pid: number, engines: EngineSet, signal: AbortSignal): Promise<readonly Start[]> {
  const starts: Start[] = []
  for (const [address, look] of Object.entries(looksOf(engines))) {
    for (let accepted: number | null = null; ; ) {
      const last = signal.aborted
      const stage = await Promise.resolve(look()).catch(() => 'absent' as const)
      if (stage === 'accepted') accepted ??= cpuMillis(pid)
      if (stage === 'running') {
        const now = cpuMillis(pid)
        const cpu = accepted === null || now === null ? 0 : now - accepted
        starts.push({ address, runningAt: Date.now(), cpu })
        break
      }
      if (last) throw new Error(`${address} never ran`)
      await sleep(50)
    }
  }
  return starts
}

/** By the system's own book, which counts in hundredths of a second; null where it keeps none, or no more. */
function cpuMillis(pid: number): number | null {
  try {
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return 10 * (Number(words[11]) + Number(words[12]))
  } catch {
    return null
  }
}

const name = 'pipec.transactions'
const tables = ['transactions_aggregate_flink', 'transactions_aggregate_spark']

function looksOf(engines: EngineSet): Readonly<Record<string, Look>> {
  return {
    [`flink.job.${name}`]: () => flinkStage(engines),
    [`spark.job.${name}`]: () => sparkStage(engines),
    ...Object.fromEntries(
      tables.map((table) => [`pinot.table.${table}`, () => pinotStage(engines, table)] as const),
    ),
  }
}

async function flinkStage({ endpoints }: EngineSet): Promise<Stage> {
  const { jobs } = (await json(`${endpoints.flink?.rest}/jobs/overview`)) as {
    jobs: { name: string; state: string; tasks: { running: number; total: number } }[]
  }
  const job = jobs.find((each) => each.name === name)
  if (job === undefined) return 'absent'
  const { running, total } = job.tasks
  return job.state === 'RUNNING' && total > 0 && running === total ? 'running' : 'accepted'
}

/** It runs when its query has committed its first batch, which has no records yet. */
async function sparkStage({ local, context }: EngineSet): Promise<Stage> {
  const folder = join(local.spark?.files.checkpoints ?? '', name)
  const states = existsSync(folder) ? readdirSync(folder) : []
  if (states.some((state) => existsSync(join(folder, state, 'commits', '0')))) return 'running'
  const { active } = await readCluster(context)
  return active.length > 0 ? 'accepted' : 'absent'
}

async function pinotStage({ endpoints }: EngineSet, table: string): Promise<Stage> {
  const answer = (await json(`${endpoints.pinot?.broker}/query/sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql: `SELECT COUNT(*) FROM ${table}` }),
  })) as { exceptions?: unknown[]; numServersResponded?: number }
  const answers = answer.exceptions?.length === 0 && (answer.numServersResponded ?? 0) > 0
  return answers ? 'running' : 'absent'
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
