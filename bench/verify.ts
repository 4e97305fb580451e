/**
 * `verify` beside what the slowest engine needs for the same records when they lie there and nobody verifies anything: next
 * to the other one, as in `verify`, for both want all the processors there are; and alone.
 */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type Output } from '../compiler/compile.ts'
import type { Context, Engine } from '../runtime/engines/engine.ts'
import { produceBatches } from '../runtime/engines/kafka-produce.ts'
import { readTopic } from '../runtime/engines/kafka-read.ts'
import { allEngines } from '../runtime/engines/registry.ts'
import { wantedResources } from '../runtime/plan.ts'
import { silent } from '../runtime/progress.ts'
import { makeTopics, removeRun } from '../runtime/verify/deployment.ts'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { type EngineSet, rowsWithoutEngines, startEngines } from './engines.ts'
import { median, type Row } from './row.ts'

const records = 100_000
const recordsInBatch = 1_000
const rounds = 3
const percentPromised = 20
const verifying = `verify: ${records.toLocaleString('en')} records through Flink and Spark`
const whats = {
  together: `${verifying}, beside both at once`,
  alone: `${verifying}, beside the slowest alone`,
} as const

type Measured = 'flink' | 'spark'

export async function benchVerify(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines(Object.values(whats))
  if (without !== null) return without
  const set = await startEngines(['kafka', 'flink', 'spark'], ending)
  copyFileSync('pipeline.yaml', join(set.folder, 'pipeline.yaml'))
  await pipec(set.folder, ['build'], ending)
  // Once before: what an engine loads for its first job is no part of what later ones need.
  const { windows } = await verified(set, ending)
  const input = readFileSync(join(set.folder, 'records.ndjson'), 'utf8')
  const millis: Millis = { verify: [], both: [], flink: [], spark: [] }
  for (let round = 0; round < rounds; round++) {
    millis.verify.push((await verified(set, ending)).millis)
    millis.both.push(await millisWithout(['flink', 'spark'], input, windows, set))
    millis.flink.push(await millisWithout(['flink'], input, windows, set))
    millis.spark.push(await millisWithout(['spark'], input, windows, set))
    console.error(`  ${JSON.stringify(Object.fromEntries(Object.entries(millis).map(lastOf)))} ms`)
  }
  return rowsOf(millis)
}

/** Of each round. */
type Millis = Record<'verify' | 'both' | Measured, number[]>

function lastOf([name, millis]: [string, number[]]): [string, number | undefined] {
  return [name, millis.at(-1)]
}

function rowsOf(millis: Millis): Row[] {
  const seconds = (of: keyof Millis): string => `${(median(millis[of]) / 1000).toFixed(1)} s`
  const percent = (of: keyof Millis): number => 100 * (median(millis.verify) / median(millis[of]) - 1)
  const measured = (of: keyof Millis): string => `${seconds('verify')}, ${percent(of).toFixed(0)} % more`
  const same = 'the same records in the topic, from the start of the jobs to the last row'
  const slowest = median(millis.flink) > median(millis.spark) ? 'flink' : 'spark'
  return [
    {
      what: whats.together,
      measured: measured('both'),
      floor: `${seconds('both')} for both: ${same}`,
      bound: `at most ${percentPromised} % more`,
      holds: percent('both') <= percentPromised,
    },
    {
      what: whats.alone,
      measured: measured(slowest),
      floor: `${seconds('flink')} for Flink, ${seconds('spark')} for Spark: ${same}`,
      bound: 'none',
      holds: null,
    },
  ]
}

interface Report {
  readonly engines: readonly { readonly outcome: string; readonly windows: number }[]
}

async function verified(
  { folder }: EngineSet,
  ending: Ending,
): Promise<{ readonly millis: number; readonly windows: number }> {
  const words = ['-n', String(records), '--seed', '1', '--keep-input', 'records.ndjson', '--json']
  const { out, beganAt, endedAt } = await pipec(folder, ['verify', ...words], ending)
  const { engines } = JSON.parse(out) as Report
  if (engines.some(({ outcome }) => outcome !== 'equal')) throw new Error(`verify: ${out.slice(0, 2000)}`)
  return { millis: endedAt - beganAt, windows: engines[0]!.windows }
}

/** From the start of the engines' jobs to the last of the windows, all records lying in the topic. */
async function millisWithout(
  measured: readonly Measured[],
  input: string,
  windows: number,
  set: EngineSet,
): Promise<number> {
  const output = compile(readFileSync('pipeline.yaml', 'utf8')).output!
  const context: Context = {
    ...set.context,
    pipeline: output.manifest.pipeline,
    read: (file) => output.files.get(file)!,
  }
  const engines: readonly Engine[] = allEngines
  const { resources } = wantedResources(output.manifest, set.endpoints, null)
  try {
    await makeTopics(resources, engines, context, silent)
    await send(input, output, context)
    const beganAt = Date.now()
    const endedAt = await Promise.all(
      measured.map(async (engine) => {
        const job = resources.find(({ kind }) => kind === `${engine}-job`)!
        const own = engines.find(({ kinds }) => kinds.includes(job.kind))!
        const [written] = await Promise.all([
          untilWritten(output.pipeline.engines[engine]!.topic, windows, context),
          own.apply(own.compare(job, null), context, silent.start('', null)),
        ])
        return written
      }),
    )
    return Math.max(...endedAt) - beganAt
  } finally {
    await removeRun({ manifest: output.manifest, engines, context, progress: silent }, null)
  }
}

/** The records as `verify` kept them, and one in each partition that closes the windows of all others. */
async function send(input: string, { pipeline }: Output, context: Context): Promise<void> {
  const { topic, partitions } = pipeline.source
  const lines = input.split('\n').filter((line) => line !== '')
  const closing = JSON.stringify({
    total_paid: 10,
    status: 'Paid',
    event_timestamp: '2100-01-01 00:00:00.000',
  })
  const batches = Array.from({ length: partitions }, (_, partition) => {
    const own = lines.filter((line) => line.startsWith(`${partition}\t`))
    const values = [...own.map((line) => line.slice(line.indexOf('\t') + 1)), closing]
    // A batch of all would be larger than the broker takes.
    return Array.from({ length: Math.ceil(values.length / recordsInBatch) }, (_, batch) => {
      const part = values.slice(batch * recordsInBatch, (batch + 1) * recordsInBatch)
      return { partition, records: part.map((value) => ({ key: null, value })) }
    })
  }).flat()
  await produceBatches(context.endpoints.kafka, topic, batches, context.signal)
}

/** When so many windows have their committed rows. */
async function untilWritten(topic: string, windows: number, context: Context): Promise<number> {
  const seen = new Set<string>()
  await readTopic(
    context.endpoints.kafka,
    topic,
    { from: 'beginning', until: 'never' },
    ({ key }) => (seen.add(key!).size === windows ? 'stop' : undefined),
    context.signal,
  )
  return Date.now()
}
