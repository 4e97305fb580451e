/** `verify` beside what the slowest engine needs for the same records when they lie there and nobody verifies anything. */
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
const what = `verify: ${records.toLocaleString('en')} records through Flink and Spark`

type Measured = 'flink' | 'spark'

export async function benchVerify(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines([what])
  if (without !== null) return without
  const set = await startEngines(['kafka', 'flink', 'spark'], ending)
  copyFileSync('pipeline.yaml', join(set.folder, 'pipeline.yaml'))
  await pipec(set.folder, ['build'], ending)
  // Once before: what an engine loads for its first job is no part of what later ones need.
  const { windows } = await verified(set, ending)
  const input = readFileSync(join(set.folder, 'records.ndjson'), 'utf8')
  const whole: number[] = []
  const alone: Record<Measured, number[]> = { flink: [], spark: [] }
  for (let round = 0; round < rounds; round++) {
    whole.push((await verified(set, ending)).millis)
    for (const engine of ['flink', 'spark'] as const) {
      alone[engine].push(await millisAlone(engine, input, windows, set))
    }
    console.error(
      `  verify ${whole.at(-1)} ms, Flink ${alone.flink.at(-1)} ms, Spark ${alone.spark.at(-1)} ms`,
    )
  }
  return [rowOf(median(whole), median(alone.flink), median(alone.spark))]
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

/** From the start of the engine's job to the last of the windows, all records lying in the topic. */
async function millisAlone(
  engine: Measured,
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
  const { resources } = wantedResources(output.manifest, set.endpoints, engine)
  const topics = resources.filter(({ kind }) => kind === 'kafka-topic')
  try {
    await makeTopics(topics, allEngines, context, silent)
    await send(input, output, context)
    const job = resources.find(({ kind }) => kind === `${engine}-job`)!
    const engines: readonly Engine[] = allEngines
    const own = engines.find(({ kinds }) => kinds.includes(job.kind))!
    const beganAt = Date.now()
    const [endedAt] = await Promise.all([
      untilWritten(output.pipeline.engines[engine]!.topic, windows, context),
      own.apply(own.compare(job, null), context, silent.start('', null)),
    ])
    return endedAt - beganAt
  } finally {
    await removeRun({ manifest: output.manifest, engines: allEngines, context, progress: silent }, engine)
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

function rowOf(whole: number, flink: number, spark: number): Row {
  const own = Math.max(flink, spark)
  const percent = (100 * (whole - own)) / own
  const seconds = (millis: number): string => `${(millis / 1000).toFixed(1)} s`
  return {
    what,
    measured: `${seconds(whole)}, ${percent.toFixed(0)} % more than the slowest engine`,
    floor: `${seconds(flink)} for Flink, ${seconds(spark)} for Spark: the same records in the topic, from the job's start to its last row`,
    bound: `at most ${percentPromised} % more`,
    holds: percent <= percentPromised,
  }
}
