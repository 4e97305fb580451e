/** How fast a Flink job reads a backlog, by Flink's own count: its start does not count, nor what it does at the end. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../runtime/engines/engine.ts'
import { withSession } from '../runtime/engines/flink-gateway.ts'
import { cancel, jobOf } from '../runtime/engines/flink-rest.ts'
import { statements } from '../runtime/engines/flink-statements.ts'
import { untilEnded } from '../runtime/engines/flink-wait.ts'
import { localFolder } from '../runtime/local.ts'
import { readRecord } from '../runtime/native/record.ts'
import type { EngineSet } from './engines.ts'

interface Sample {
  readonly at: number
  readonly count: number
}

export interface FlinkRate {
  readonly perSecond: number
  /** Of the source's own thread, which is the bottleneck: what others on the machine do hardly counts. */
  readonly perCpuSecond: number
}

/** Of one run of `script` over a topic that holds `total` records. */
export async function flinkRate(
  script: string,
  total: number,
  { folder, context }: Pick<EngineSet, 'folder' | 'context'>,
): Promise<FlinkRate> {
  const job = await submitted(script, context)
  try {
    const perSecond = slope(await samples(job, total, context))
    return { perSecond, perCpuSecond: total / (await sourceCpuSeconds(folder)) }
  } finally {
    await cancel(job, context)
    await untilEnded(job, context)
  }
}

/** In one session, whose tables go with it; every `SET` of the script is only this job's. */
async function submitted(script: string, context: Context): Promise<string> {
  const { engineBootstrapServers } = context.endpoints.kafka
  const text = script.replaceAll('${kafka.bootstrap_servers}', engineBootstrapServers)
  return withSession({ 'parallelism.default': '1' }, context, async (session) => {
    let job: string | null = null
    for (const statement of statements(text)) {
      const answer = await session.run(statement)
      if ('rejected' in answer) throw new Error(`${statement}\n${answer.rejected}`)
      job = answer.jobId ?? job
    }
    if (job === null) throw new Error('the script starts no job')
    return job
  })
}

/**
 * One for each change of the count. Flink asks its tasks once a second, so that a count is as old as its first sight and
 * no older.
 */
async function samples(job: string, total: number, context: Context): Promise<readonly Sample[]> {
  const seen: Sample[] = []
  const ask = await counterOf(job, context)
  const deadline = Date.now() + 300_000
  for (;;) {
    const count = await ask()
    const at = performance.now()
    if (count > 0 && count < total && count !== seen.at(-1)?.count) seen.push({ at, count })
    if (count >= total) return seen
    if (Date.now() > deadline) throw new Error(`Flink has read ${count} of ${total} records in five minutes`)
    await sleep(20, undefined, { signal: context.signal })
  }
}

function slope(seen: readonly Sample[]): number {
  const [first, last] = [seen[0], seen.at(-1)]
  if (first === undefined || last === undefined || first === last)
    throw new Error('Flink read everything between two looks')
  return ((last.count - first.count) * 1000) / (last.at - first.at)
}

async function counterOf(job: string, context: Context): Promise<() => Promise<number>> {
  const rest = context.endpoints.flink?.rest
  for (;;) {
    const [source] = (await jobOf(job, context)).vertices
    const path = `${rest}/jobs/${job}/vertices/${source?.id}/subtasks/metrics`
    const known = (await json(path)) as readonly { readonly id: string }[]
    const id = known.map((each) => each.id).find((each) => /^Source__.*\]\.numRecordsIn$/.test(each))
    if (id !== undefined) {
      const query = `${path}?get=${encodeURIComponent(id)}`
      return async () => ((await json(query)) as readonly { readonly sum?: number }[])[0]?.sum ?? 0
    }
    await sleep(50, undefined, { signal: context.signal })
  }
}

/** By the system's own book, which counts in hundredths of a second; not a number where it keeps none. */
async function sourceCpuSeconds(folder: string): Promise<number> {
  const record = await readRecord(localFolder(folder))
  const manager = record?.services.find(({ name }) => name === 'flink-taskmanager')
  const tasks = `/proc/${manager?.pid}/task`
  const stats = await Promise.all(
    (await readdir(tasks).catch(() => [])).map((task) =>
      readFile(`${tasks}/${task}/stat`, 'utf8').catch(() => ''),
    ),
  )
  const [, fields] = stats.map((stat) => stat.split(') ')).find(([name]) => /\(Source: /.test(name!)) ?? []
  const words = fields?.split(' ') ?? []
  return (Number(words[11]) + Number(words[12])) / 100
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}
