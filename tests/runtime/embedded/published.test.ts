/**
 * What other systems' own tests and documentation say of windows, asked of the embedded engine. Where their rule is another
 * one than ours, the title says so.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { compiled, compute, type Parts } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

interface Published extends Parts {
  readonly title: string
  readonly source: string
  readonly rows: readonly object[]
  readonly late?: number
  readonly flush?: boolean
  /** Columns in order; decimals are text. */
  readonly expected: readonly (readonly (number | string | null)[])[]
}

/** Rows of a time and, as `v`, a number, which is the time itself where none is given. */
function timed(...times: readonly (number | readonly [number, number])[]): readonly object[] {
  return times.map((each) => (typeof each === 'number' ? { at: each, v: each } : { at: each[0], v: each[1] }))
}

function keyed(...rows: readonly (readonly [key: string, at: number])[]): readonly object[] {
  return rows.map(([key, at]) => ({ key, at, v: 1 }))
}

const summed: Parts = { fields: { v: 'int' }, metrics: { n: 'count(*)', sum: 'sum(v)' } }
const perKey: Parts = { ...summed, fields: { v: 'int', key: 'string' }, groupBy: ['key'] }

const midnight = Date.UTC(2020, 9, 10)
const hour = 3_600_000
const minutes = 60_000

/** One row is out of order but in time, one is late for the window of its own five seconds. */
const flinks: Parts & { readonly rows: readonly object[] } = {
  format: 'yyyy-MM-dd HH:mm:ss',
  delay: '1s',
  fields: { real: 'double', money: 'decimal(10,2)', text: 'string', name: 'string' },
  groupBy: ['name'],
  metrics: { n: 'count(*)', sum: 'sum(money)', most: 'max(real)', texts: 'count(distinct text)' },
  rows: (
    [
      [1, 1, 1.11, 'Hi', 'a'],
      [2, 2, 2.22, 'Comment#1', 'a'],
      [3, 2, 2.22, 'Comment#1', 'a'],
      [4, 5, 5.55, null, 'a'],
      [7, 3, null, 'Hello', 'b'],
      [6, 6, 6.66, 'Hi', 'b'],
      [8, null, 3.33, 'Comment#2', 'a'],
      [4, 5, 5.55, 'Hi', 'a'],
      [16, 4, 4.44, 'Hi', 'b'],
      [32, 7, 7.77, null, null],
      [34, 3, 3.33, 'Comment#3', 'b'],
    ] as const
  ).map(([second, real, money, text, name]) => ({
    at: `2020-10-10 00:00:${String(second).padStart(2, '0')}`,
    real,
    money,
    text,
    name,
  })),
}

function seconds(from: number, to: number): readonly [number, number] {
  return [midnight + from * 1000, midnight + to * 1000]
}

const published: readonly Published[] = [
  {
    title: 'tumbling: the late row is in none',
    source: 'Flink, WindowAggregateITCase.testEventTimeTumbleWindow',
    ...flinks,
    window: { type: 'tumbling', size: '5s' },
    late: 1,
    expected: [
      [...seconds(0, 5), 'a', 4, '11.10', 5, 2],
      [...seconds(5, 10), 'a', 1, '3.33', null, 1],
      [...seconds(5, 10), 'b', 2, '6.66', 6, 2],
      [...seconds(15, 20), 'b', 1, '4.44', 4, 1],
      [...seconds(30, 35), 'b', 1, '3.33', 3, 1],
      [...seconds(30, 35), null, 1, '7.77', 7, 0],
    ],
  },
  {
    title: 'hopping: the late row is in the one of its two windows that is still open',
    source: 'Flink, WindowAggregateITCase.testEventTimeHopWindow',
    ...flinks,
    window: { type: 'hopping', size: '10s', advance: '5s' },
    late: 1,
    expected: [
      [...seconds(-5, 5), 'a', 4, '11.10', 5, 2],
      [...seconds(0, 10), 'a', 6, '19.98', 5, 3],
      [...seconds(0, 10), 'b', 2, '6.66', 6, 2],
      [...seconds(5, 15), 'a', 1, '3.33', null, 1],
      [...seconds(5, 15), 'b', 2, '6.66', 6, 2],
      [...seconds(10, 20), 'b', 1, '4.44', 4, 1],
      [...seconds(15, 25), 'b', 1, '4.44', 4, 1],
      [...seconds(25, 35), 'b', 1, '3.33', 3, 1],
      [...seconds(25, 35), null, 1, '7.77', 7, 0],
      [...seconds(30, 40), 'b', 1, '3.33', 3, 1],
      [...seconds(30, 40), null, 1, '7.77', 7, 0],
    ],
  },
  {
    title: 'days that begin at eight and at twenty',
    source: 'Flink, WindowAggregateITCase.testEventTimeHopWindowWithOffset',
    ...flinks,
    window: { type: 'hopping', size: '1d', advance: '12h', offset: '8h' },
    expected: [-16, -4].flatMap((start) => {
      const day = [midnight + start * hour, midnight + (start + 24) * hour]
      return [
        [...day, 'a', 6, '19.98', 5, 3],
        [...day, 'b', 4, '14.43', 6, 3],
        [...day, null, 1, '7.77', 7, 0],
      ]
    }),
  },
  {
    title: 'a hopping window that holds one row of another key',
    source: 'ksqlDB, query-validation-tests/hopping-windows.json, max hopping',
    fields: { id: 'int', v: 'int' },
    groupBy: ['id'],
    metrics: { most: 'max(v)' },
    delay: '1d',
    window: { type: 'hopping', size: '30s', advance: '10s' },
    rows: [
      { id: 0, v: 0, at: 0 },
      { id: 0, v: 5, at: 10_000 },
      { id: 100, v: 100, at: 30_000 },
    ],
    // ksqlDB has no windows that begin before 1970.
    expected: [
      [-20_000, 10_000, 0, 0],
      [-10_000, 20_000, 0, 5],
      [0, 30_000, 0, 5],
      [10_000, 40_000, 0, 5],
      [10_000, 40_000, 100, 100],
      [20_000, 50_000, 100, 100],
      [30_000, 60_000, 100, 100],
    ],
  },
  {
    title: 'a session over exactly the gap; its end is the last row there, and the gap later here',
    source: 'ksqlDB, query-validation-tests/session-windows.json, max session',
    fields: { id: 'int', v: 'int' },
    groupBy: ['id'],
    metrics: { most: 'max(v)' },
    window: { type: 'session', gap: '30s' },
    rows: [
      { id: 0, v: 0, at: 0 },
      { id: 0, v: 5, at: 10_000 },
      { id: 1, v: 100, at: 10_000 },
      { id: 1, v: 200, at: 40_000 },
    ],
    expected: [
      [0, 10_000 + 30_000, 0, 5],
      [10_000, 40_000 + 30_000, 1, 200],
    ],
  },
  {
    title: 'rows behind the grace period are dropped, window by window',
    source: 'Kafka Streams, KStreamWindowAggregateTest, skipping expired windows',
    ...summed,
    delay: '90ms',
    window: { type: 'hopping', size: '10ms', advance: '5ms' },
    rows: timed(100, 0, 1, 2, 3, 4, 5, 6),
    late: 7,
    expected: [
      [5, 15, 2, 11],
      [95, 105, 1, 100],
      [100, 110, 1, 100],
    ],
  },
  {
    title: 'two sessions a millisecond more than the gap apart, and the row that makes them one',
    source: 'Kafka Streams, KStreamSessionWindowAggregateProcessorTest.shouldMergeSessions',
    ...summed,
    delay: '1d',
    window: { type: 'session', gap: '5m' },
    rows: timed([0, 1], [5 * minutes + 1, 2], [2.5 * minutes, 4]),
    expected: [[0, 10 * minutes + 1, 3, 7]],
  },
  {
    title: 'sessions of four keys',
    source:
      'Kafka Streams, KStreamSessionWindowAggregateProcessorTest.shouldHandleMultipleSessionsAndMerging',
    ...perKey,
    window: { type: 'session', gap: '10ms' },
    rows: keyed(['a', 0], ['b', 0], ['c', 0], ['d', 0], ['d', 5], ['a', 11], ['b', 11], ['a', 16], ['c', 16]),
    expected: [
      [0, 10, 'a', 1, 1],
      [0, 10, 'b', 1, 1],
      [0, 10, 'c', 1, 1],
      [0, 15, 'd', 2, 2],
      [11, 21, 'b', 1, 1],
      [11, 26, 'a', 2, 2],
      [16, 26, 'c', 1, 1],
    ],
  },
  {
    title: 'windows with an offset, and rows that are in one of them or in two',
    source: 'Beam, SlidingWindowsTest.testOffset',
    ...summed,
    window: { type: 'hopping', size: '10ms', advance: '5ms', offset: '2ms' },
    rows: timed(1, 2, 5, 9, 10, 11),
    expected: [
      [-8, 2, 1, 1],
      [-3, 7, 3, 1 + 2 + 5],
      [2, 12, 5, 2 + 5 + 9 + 10 + 11],
      [7, 17, 3, 9 + 10 + 11],
    ],
  },
  {
    title: 'sessions that grow together from rows in any order',
    source: 'Beam, SessionsTest.testMerging',
    ...summed,
    delay: '1s',
    window: { type: 'session', gap: '10ms' },
    rows: timed(1, 15, 30, 100, 101, 95, 22, 10),
    expected: [
      [1, 40, 5, 1 + 10 + 15 + 22 + 30],
      [95, 111, 3, 95 + 100 + 101],
    ],
  },
  {
    title: 'rows exactly the gap apart: two sessions there, one here',
    source: 'Beam, SessionsTest.testSimple',
    ...summed,
    window: { type: 'session', gap: '10ms' },
    rows: timed(0, 10, 101),
    expected: [
      [0, 20, 2, 10],
      [101, 111, 1, 101],
    ],
  },
  {
    title: 'five windows a row, of a fifth of a second',
    source: 'Spark, DataFrameTimeWindowingSuite, millisecond precision sliding windows',
    window: { type: 'hopping', size: '200ms', advance: '40ms' },
    rows: timed(410, 620, 715),
    expected: [1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1].map((n, index) => {
      const start = 240 + 40 * index
      return [start, start + 200, n]
    }),
  },
  {
    title: 'windows close as the watermark passes them, and a row behind it is dropped',
    source: 'Spark, EventTimeWatermarkSuite, append mode',
    format: 'epoch_seconds',
    delay: '10s',
    window: { type: 'tumbling', size: '5s' },
    rows: timed(10, 11, 12, 13, 14, 15, 25, 10),
    late: 1,
    flush: false,
    expected: [[10_000, 15_000, 5]],
  },
  {
    title: 'sessions close as the watermark passes them; the last two rows make one that is open',
    source: 'Spark, EventTimeWatermarkSuite, append mode - session - no key',
    ...summed,
    format: 'epoch_seconds',
    delay: '10s',
    window: { type: 'session', gap: '5s' },
    rows: timed(10, 11, 17, 25, 35, 10, 40),
    late: 1,
    flush: false,
    expected: [
      [10_000, 16_000, 2, 21],
      [17_000, 22_000, 1, 17],
      [25_000, 30_000, 1, 25],
    ],
  },
]

test.each(published)('$title ($source)', async ({ rows, late = 0, flush = true, expected, ...parts }) => {
  const found = await compute(engine, compiled(parts), rows, flush)
  expect(found.rows.map((row) => Object.values(row).map(asNumber))).toEqual(expected)
  expect(found.summary).toMatchObject({ late, malformed: 0 })
})

function asNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}
