import { expect, test } from 'vitest'
import { emit } from '../../../compiler/compile.ts'
import type { Pipeline } from '../../../compiler/ir.ts'
import { rowsQuery } from '../../../compiler/targets/duckdb/rows.ts'
import { openEngine } from '../../../runtime/embedded/engine.ts'
import { clocksOf } from '../../../runtime/verify/bounds.ts'
import { closingRecords } from '../../../runtime/verify/closing.ts'
import { startsOf } from '../../../runtime/verify/clusters.ts'
import { withHardRows } from '../../../runtime/verify/hard.ts'
import {
  generatedRecords,
  linesOfRecords,
  Placement,
  placed,
  recordsOfLines,
} from '../../../runtime/verify/input.ts'
import { assertOracle } from '../../../runtime/verify/oracle.ts'
import { evaluate, type Oracle } from '../../../runtime/verify/rows.ts'
import { pipelineOf, type Words, yamlOf } from './pipelines.ts'

const generator = `generator:
  fields:
    user: { pick: [ada, bob, cyd] }
    status: { pick: [ok, odd] }
    at: { now: true }
`

async function withOracle<T>(
  pipeline: Pipeline,
  words: Words,
  use: (oracle: Oracle) => Promise<T>,
): Promise<T> {
  const engine = await openEngine()
  try {
    const sql = emit(pipeline, yamlOf(words)).files.get('duckdb/query.sql')!
    const signal = new AbortController().signal
    return await use({ engine, sql, rowsSql: rowsQuery(pipeline), signal })
  } finally {
    engine.close()
  }
}

const kinds: readonly Words[] = [
  { window: '{ type: tumbling, size: 10s }', more: generator },
  { window: '{ type: tumbling, size: 10s }', partitions: 3, more: generator },
  { window: '{ type: hopping, size: 10s, advance: 5s }', partitions: 2, more: generator },
  { window: '{ type: hopping, size: 10s, advance: 5s }', more: generator },
  { window: '{ type: session, gap: 5s }', partitions: 2, more: generator },
  { window: '{ type: session, gap: 5s }', more: generator },
]

test.each(kinds)('hard rows are among the records, and the oracle agrees on them: %o', async (words) => {
  const pipeline = pipelineOf(words)
  await withOracle(pipeline, words, async (oracle) => {
    const records = placed(
      await generatedRecords(pipeline, 3_000, 7, true),
      new Placement(pipeline.source.partitions, 7),
    )
    const hard = await withHardRows(records, pipeline, 7, oracle)
    const data = await evaluate(hard, pipeline, oracle)
    await assertOracle(data, hard, pipeline, oracle)
    expect(data.malformed).toBeGreaterThan(5)
    expect(data.refused.some(({ time }) => time > data.rows.at(-1)!.time + 100_000)).toBe(true)
    expect(data.rows.some(({ group }) => group[0] === null)).toBe(true)
    expect(data.rows.some(({ values }) => values[2] === null)).toBe(true)
    expect(lateRows(pipeline, data.rows)).toBeGreaterThan(5)
    if (pipeline.window.kind !== 'session') {
      const distances = new Set(data.rows.map(({ time }) => ((time + 5_000) % 10_000) - 5_000))
      expect([-1, 0, 1].every((each) => distances.has(each))).toBe(true)
    }
    expect(await withHardRows(records, pipeline, 7, oracle)).toEqual(hard)
  })
})

function lateRows({ window }: Pipeline, rows: Parameters<typeof clocksOf>[0]): number {
  const clocks = clocksOf(rows)
  return rows.filter(({ time }, index) => {
    const end = window.kind === 'session' ? time + window.gap : startsOf(time, window).at(-1)! + window.size
    return end + 2_000 <= clocks[index]!.own
  }).length
}

test('closing rows stand in each partition, behind every window', async () => {
  const words = { partitions: 3, more: generator }
  const pipeline = pipelineOf(words)
  await withOracle(pipeline, words, async (oracle) => {
    const records = placed(await generatedRecords(pipeline, 500, 7, true), new Placement(3, 7))
    const data = await evaluate(records, pipeline, oracle)
    const closing = closingRecords(records, data, pipeline)
    const { rows } = await evaluate(closing, pipeline, oracle)
    expect(rows.map(({ partition }) => partition)).toEqual([0, 1, 2])
    const latest = Math.max(...data.rows.map(({ time }) => time))
    // Windows of 10 s and a delay of 2 s; soon, for what closes late makes another partition's rows late on ksqlDB.
    expect(rows[0]!.time).toBeGreaterThan(latest + 12_000)
    expect(rows[0]!.time).toBeLessThan(latest + 60_000)
  })
})

test('what no row passes cannot be compared', async () => {
  const pipeline = pipelineOf()
  await withOracle(pipeline, {}, async (oracle) => {
    const records = recordsOfLines(
      '{"user":"ada","status":"odd","at":1}',
      pipeline.source,
      new Placement(1, 1),
    )
    const data = await evaluate(records, pipeline, oracle)
    expect(() => closingRecords(records, data, pipeline)).toThrow('None of the records passes `where`')
  })
})

test('kept input comes back with its partitions', async () => {
  const pipeline = pipelineOf({ partitions: 3, more: generator })
  const records = placed(await generatedRecords(pipeline, 50, 7, false), new Placement(3, 7))
  const again = recordsOfLines(linesOfRecords(records), pipeline.source, new Placement(3, 8))
  expect(again).toEqual(records)
  expect(() => recordsOfLines('9\t{}\n', pipeline.source, new Placement(3, 8))).toThrow('partition 9')
})

test('most records are in the first partition, and none of the others is empty', () => {
  const placement = new Placement(3, 1)
  const counts = [0, 0, 0]
  for (let index = 0; index < 10_000; index++) counts[placement.of(null)]!++
  expect(counts[0]).toBeGreaterThan(7_700)
  expect(counts[0]).toBeLessThan(8_300)
  expect(counts[2]).toBeGreaterThan(800)
  expect(placement.of('key')).toBe(placement.of('key'))
})
