/** From the moment that a window may close to its row in the topic, on a steady stream. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseDocument } from 'yaml'
import { compile } from '../compiler/compile.ts'
import type { EngineName, Pipeline } from '../compiler/ir.ts'
import { openSender } from '../runtime/engines/kafka-produce.ts'
import { readTopic } from '../runtime/engines/kafka-read.ts'
import { createGenerator } from '../runtime/produce/generator.ts'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { type EngineSet, rowsWithoutEngines, startEngines } from './engines.ts'
import { median, type Row } from './row.ts'

const seconds = 60
const perTick = 10
const tickMillis = 10
const engines = ['flink', 'spark'] as const

export async function benchLatency(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines(engines.map(what))
  if (without !== null) return without
  const rows: Row[] = []
  for (const engine of engines) rows.push(await rowOf(engine, ending))
  return rows
}

function what(engine: EngineName): string {
  return `${engine}: from "the window may close" to its committed row, 1,000 records/s`
}

async function rowOf(engine: EngineName, ending: Ending): Promise<Row> {
  const set = await startEngines(['kafka', engine], ending)
  const pipeline = await applied(engine, set, ending)
  const over = new AbortController()
  const rows = arrivals(pipeline.engines[engine]!.topic, set, AbortSignal.any([ending.signal, over.signal]))
  const moments = await stream(pipeline, set, ending.signal)
  await sleep(15_000, undefined, { signal: ending.signal })
  over.abort()
  const came = await rows
  await set.end()
  const taken = [...moments].flatMap(([end, at]) => (came.has(end) ? [came.get(end)! - at] : []))
  if (taken.length === 0) throw new Error(`${engine} has written none of ${moments.size} windows`)
  return {
    what: what(engine),
    measured: `median ${taken.length === 0 ? '' : span(median(taken))}, at most ${span(Math.max(...taken))}, ${taken.length} of ${moments.size} windows`,
    floor: '',
    bound: 'none',
    holds: null,
  }
}

function span(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}

/** The example with this engine alone and one partition. */
async function applied(engine: EngineName, { folder }: EngineSet, ending: Ending): Promise<Pipeline> {
  const text = exampleFor(engine)
  writeFileSync(join(folder, 'pipeline.yaml'), text)
  await pipec(folder, ['build'], ending)
  await pipec(folder, ['apply', '--yes'], ending)
  const { output } = compile(text)
  if (output === null) throw new Error('the example does not compile')
  return output.pipeline
}

function exampleFor(engine: EngineName): string {
  const document = parseDocument(readFileSync('pipeline.yaml', 'utf8'))
  document.setIn(['source', 'partitions'], 1)
  for (const other of ['flink', 'ksqldb', 'spark'])
    if (other !== engine) document.deleteIn(['engines', other])
  document.delete('serving')
  return String(document)
}

/** Sends for a while; for each window's end, when the record was acknowledged with which it may close. */
async function stream(
  { source, generator: rules, window }: Pipeline,
  { endpoints }: EngineSet,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  if (window.kind !== 'tumbling') throw new Error('the example has other windows')
  const generator = await createGenerator(source, rules, { seed: 1, clock: { kind: 'wall', now: Date.now } })
  const sender = await openSender(endpoints.kafka, source.topic, signal)
  const moments = new Map<number, number>()
  const began = Date.now()
  let [sent, end] = [0, (Math.floor(began / window.size) + 1) * window.size]
  try {
    while (Date.now() - began < seconds * 1000) {
      const due = Math.floor((Date.now() - began) / tickMillis) * perTick
      const records = Array.from({ length: due - sent }, () => generator.next())
      sent = due
      if (records.length === 0) {
        await sleep(tickMillis, undefined, { signal })
        continue
      }
      await sender.send(0, records)
      const acknowledged = Date.now()
      const clock = latest(records.map(({ value }) => value))
      for (; end + source.eventTime.watermarkDelay <= clock; end += window.size)
        moments.set(end, acknowledged)
    }
  } finally {
    await sender.close()
  }
  return moments
}

/** Of the rows that `where` keeps. */
function latest(values: readonly string[]): number {
  const kept = values.map((value) => JSON.parse(value)).filter(({ status }) => status === 'Paid')
  return Math.max(...kept.map((row) => Date.parse(`${row.event_timestamp.replace(' ', 'T')}Z`)))
}

/** When the row of each window was first read, by the window's end. */
async function arrivals(
  topic: string,
  { endpoints }: EngineSet,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const seen = new Map<number, number>()
  try {
    const range = { from: 'end', until: 'never' } as const
    await readTopic(
      endpoints.kafka,
      topic,
      range,
      ({ value }) => {
        const end = Number(JSON.parse(value ?? '{}').window_end)
        if (!seen.has(end)) seen.set(end, Date.now())
        return undefined
      },
      signal,
    )
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return seen
}
