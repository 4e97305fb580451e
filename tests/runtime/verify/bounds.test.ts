import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Pipeline } from '../../../compiler/ir.ts'
import { clocksOf, type Rule, ruleOf } from '../../../runtime/verify/bounds.ts'
import { clustersOf } from '../../../runtime/verify/clusters.ts'
import { pipelineOf, rowsAt } from './pipelines.ts'

const own: Rule = { must: 'own', lateMayBeIn: true, slack: 2_000 }
const worst: Rule = { must: 'worst', lateMayBeIn: true, slack: 2_000 }

function recordsOf(rule: Rule, arrivals: readonly (readonly [number, number])[]) {
  const partitions = Math.max(...arrivals.map(([partition]) => partition)) + 1
  return clustersOf(rowsAt(arrivals), pipelineOf({ partitions }), rule, null).map(
    ({ start, must, extra }) => ({
      start: start / 1000,
      must: must.map(({ record }) => record),
      extra: extra.map(({ record }) => record),
    }),
  )
}

test('a row is late when the clock of its partition has reached the end and the delay', () => {
  // The window [0 s, 10 s) closes at 12 s: 11.999 s leaves it open, 12 s does not.
  expect(
    recordsOf(own, [
      [0, 1],
      [0, 11.999],
      [0, 2],
      [0, 12],
      [0, 3],
    ]),
  ).toEqual([
    { start: 0, must: [0, 2], extra: [4] },
    { start: 10, must: [1, 3], extra: [] },
  ])
})

test('another partition makes a row late only for an engine that follows the fastest', () => {
  const arrivals = [
    [0, 1],
    [1, 50],
    [0, 2],
  ] as const
  expect(recordsOf(own, arrivals)[0]).toEqual({ start: 0, must: [0, 2], extra: [] })
  expect(recordsOf(worst, arrivals)[0]).toEqual({ start: 0, must: [], extra: [0, 2] })
})

test('on ksqlDB another partition’s closing row may come first, and makes late what lies the grace behind', () => {
  const engine = { topic: 'out', emit: 'changes', grace: 60_000, at: { start: 0, end: 0 } } as const
  const withGrace = (partitions: number): Pipeline => {
    const pipeline = pipelineOf({ partitions })
    return { ...pipeline, engines: { ...pipeline.engines, ksqldb: engine } }
  }
  const arrivals = [
    [0, 1],
    [1, 2],
  ] as const
  // The window [0 s, 10 s) closes at 70 s.
  const near = ruleOf('ksqldb', withGrace(2), '', 69_999)
  expect(recordsOf(near, arrivals)).toEqual([{ start: 0, must: [0, 1], extra: [] }])
  const far = ruleOf('ksqldb', withGrace(2), '', 70_000)
  expect(recordsOf(far, arrivals)).toEqual([{ start: 0, must: [], extra: [0, 1] }])
  expect(ruleOf('ksqldb', withGrace(1), '', 70_000)).not.toHaveProperty('elsewhere')
  expect(ruleOf('flink', withGrace(2), '', 70_000)).not.toHaveProperty('elsewhere')
})

test('where late rows may not be in, they are left out', () => {
  expect(
    recordsOf({ ...own, lateMayBeIn: false }, [
      [0, 1],
      [0, 12],
      [0, 3],
    ])[0],
  ).toEqual({
    start: 0,
    must: [0],
    extra: [],
  })
})

test('the two clocks are the least and the greatest of all orders that keep the order of partitions', () => {
  const arrivals = fc.array(fc.record({ partition: fc.nat(2), time: fc.nat(30) }), {
    minLength: 1,
    maxLength: 7,
  })
  fc.assert(
    fc.property(arrivals, (rows) => {
      const seen = rows.map(() => [] as number[])
      for (const order of interleavings(rows.map(({ partition }) => partition))) {
        let clock = -Infinity
        for (const index of order) {
          seen[index]!.push(clock)
          clock = Math.max(clock, rows[index]!.time)
        }
      }
      const brute = seen.map((clocks) => ({ own: Math.min(...clocks), worst: Math.max(...clocks) }))
      expect(clocksOf(rows)).toEqual(brute)
    }),
    { numRuns: 200 },
  )
})

/** Every order of the indexes in which those of one partition stay in order. */
function* interleavings(
  partitions: readonly number[],
  taken: readonly number[] = [],
): Generator<readonly number[]> {
  if (taken.length === partitions.length) yield taken
  const heads = new Map<number, number>()
  for (const [index, partition] of partitions.entries())
    if (!taken.includes(index) && !heads.has(partition)) heads.set(partition, index)
  for (const index of heads.values()) yield* interleavings(partitions, [...taken, index])
}

test('sessions that rows connect are judged together, late rows among them', () => {
  const pipeline = pipelineOf({ window: '{ type: session, gap: 5s }' })
  const rows = rowsAt([
    [0, 0],
    [0, 5],
    [0, 10.001],
    [0, 30],
    [0, 8],
  ])
  const clusters = clustersOf(rows, pipeline, own, null)
  expect(clusters.map(({ start, end, must, extra }) => [start, end, must.length, extra.length])).toEqual([
    // 0, 5, 8 (late: 8 + 5 + 2 <= 30) and 10.001 are at most 5 s apart: one cluster.
    [0, 15_001, 3, 1],
    [30_000, 35_000, 1, 0],
  ])
})
