/** The generated jobs beside what a person would write by hand: a backlog of two million records, one engine at a time. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, type Output } from '../compiler/compile.ts'
import { withAdmin } from '../runtime/engines/kafka-client.ts'
import { openSender } from '../runtime/engines/kafka-produce.ts'
import { topicOffsets } from '../runtime/engines/kafka-read.ts'
import { createGenerator, fixedStart } from '../runtime/produce/generator.ts'
import { unpaced } from '../runtime/produce/pace.ts'
import { sendRecords } from '../runtime/produce/send.ts'
import type { Ending } from './ending.ts'
import { type EngineSet, rowsWithoutEngines, startEngines } from './engines.ts'
import { type FlinkRate, flinkRate } from './flink-rate.ts'
import { median, type Row, thousands } from './row.ts'
import { sparkRate } from './spark-rate.ts'

const total = 2_000_000
const flinkRounds = 5
const sparkRounds = 3

const whats = {
  hand: 'Flink: the generated job beside one written by hand',
  parsing: 'Flink: the generated job beside one that only parses JSON',
  reusing: 'Flink: the same floor, with object reuse as well',
  spark: 'Spark: the generated job beside one written by hand, 200,000 records a batch',
  sparkAtOnce: 'Spark: the same, the whole backlog in one batch',
} as const

export async function benchHandwritten(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines(Object.values(whats))
  return without ?? [...(await onFlink(ending)), ...(await onSpark(ending))]
}

/**
 * By turns, there and back, so that all meet the same neighbours on the machine and none is always the first; one round
 * only warms up.
 */
async function onFlink(ending: Ending): Promise<Row[]> {
  const engines = await startEngines(['kafka', 'flink'], ending)
  const output = pipeline()
  await backlog(engines, output, ['transactions_aggregate_flink', 'aggregate_by_hand'], ending)
  const parsing = handwritten('flink-parse-only.sql')
  const scripts = {
    generated: output.files.get('flink/job.sql')!,
    hand: handwritten('flink.sql'),
    parsing,
    reusing: `SET 'pipeline.object-reuse' = 'true';\n${parsing}`,
  }
  const rates: Record<keyof typeof scripts, FlinkRate[]> = {
    generated: [],
    hand: [],
    parsing: [],
    reusing: [],
  }
  const names = Object.keys(scripts) as (keyof typeof scripts)[]
  for (let round = 0; round <= flinkRounds; round++) {
    for (const name of round % 2 === 0 ? names.toReversed() : names) {
      const rate = await flinkRate(scripts[name], total, engines)
      console.error(`  Flink, ${name}, round ${round}: ${thousands(rate.perSecond)}`)
      if (round > 0) rates[name].push(rate)
    }
  }
  await engines.end()
  const { generated, hand, reusing } = rates
  return [
    flinkRow(whats.hand, generated, hand, 'for the legacy group window', 0.95),
    flinkRow(whats.parsing, generated, rates.parsing, 'from JSON to nowhere', 0.9),
    flinkRow(whats.reusing, generated, reusing, 'from JSON to nowhere', null),
  ]
}

/**
 * A batch has a cost of its own, which is what tells the two jobs apart: a live stream pays it at each batch, and a backlog
 * that is read at once only once. So both are measured.
 */
async function onSpark(ending: Ending): Promise<Row[]> {
  const engines = await startEngines(['kafka', 'spark'], ending)
  const output = pipeline()
  await backlog(engines, output, ['transactions_aggregate_spark', 'aggregate_by_hand'], ending)
  const beside = async (batch: number, what: string, promised: number | null): Promise<Row> => {
    const [generated, hand]: [number[], number[]] = [[], []]
    const rate = (script: string) => sparkRate(script, { total, batch }, engines, ending)
    for (let round = 0; round < sparkRounds; round++) {
      generated.push(await rate(output.files.get('spark/job.py')!))
      hand.push(await rate(handwritten('spark.py')))
      console.error(
        `  Spark, round ${round}: ${thousands(generated.at(-1)!)}, by hand ${thousands(hand.at(-1)!)}`,
      )
    }
    return besideRow(what, generated, hand, 'for update mode, 200 shuffle partitions', promised)
  }
  return [await beside(200_000, whats.spark, 3), await beside(total, whats.sparkAtOnce, 1)]
}

function flinkRow(
  what: string,
  ours: readonly FlinkRate[],
  other: readonly FlinkRate[],
  words: string,
  promised: number | null,
): Row {
  const rates = (all: readonly FlinkRate[]): number[] => all.map(({ perSecond }) => perSecond)
  const row = besideRow(what, rates(ours), rates(other), words, promised)
  const times = median(ours.map((rate, round) => rate.perCpuSecond / other[round]!.perCpuSecond))
  return { ...row, measured: `${row.measured}; by the CPU of the source's thread ${times.toFixed(2)} times` }
}

function besideRow(
  what: string,
  ours: readonly number[],
  other: readonly number[],
  words: string,
  promised: number | null,
): Row {
  const times = median(ours.map((rate, round) => rate / other[round]!))
  return {
    what,
    measured: `${thousands(median(ours))}, ${times.toFixed(2)} times the floor`,
    floor: `${thousands(median(other))} ${words}`,
    bound: promised === null ? 'none' : `at least ${promised} times`,
    holds: promised === null ? null : times >= promised,
  }
}

/** The example's, with one partition. */
function pipeline(): Output {
  const text = readFileSync('pipeline.yaml', 'utf8').replace('partitions: 3', 'partitions: 1')
  const { output } = compile(text)
  if (output === null) throw new Error('the example does not compile')
  return output
}

function handwritten(file: string): string {
  return readFileSync(join(import.meta.dirname, 'handwritten', file), 'utf8')
}

/** As a thousand records a second would have left behind. */
async function backlog(
  { endpoints }: EngineSet,
  { pipeline: { source, generator: rules } }: Output,
  results: readonly string[],
  { signal }: Ending,
): Promise<void> {
  const topics = [source.topic, ...results].map((topic) => ({ topic, numPartitions: 1 }))
  await withAdmin(endpoints.kafka, (admin) => admin.createTopics({ waitForLeaders: false, topics }))
  const clock = { kind: 'spread', startMillis: fixedStart, eventsPerSecond: 1000 } as const
  const generator = await createGenerator(source, rules, { seed: 1, clock })
  const sender = await openSender(endpoints.kafka, source.topic, signal)
  try {
    await sendRecords(generator, sender, { count: total, pace: unpaced, signal, onProgress: () => {} })
  } finally {
    await sender.close()
  }
  const [only] = await topicOffsets(endpoints.kafka, source.topic, signal)
  if (only?.end !== total) throw new Error(`the topic holds ${only?.end} records and not ${total}`)
}
