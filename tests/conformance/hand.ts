/**
 * Cases computed by hand, with the arithmetic beside them: an error that all engines share, the embedded one included, shows
 * here. Times are epoch milliseconds. A window that the rows leave open is closed by one more row, far ahead, that a run adds.
 */
import type { Case, Parts } from './case.ts'

export interface HandCase extends Case {
  /** Rows by column in order: window_start, window_end, groups, metrics. Decimals are their digits as text. */
  readonly expected: readonly (readonly (number | string | boolean | null)[])[]
  /** Values of `id` of records that at least one of their windows lacks. */
  readonly lateIds: readonly number[]
}

/** A record: its time, and JSON texts of its other fields. `id` is its place, from 0. */
type Row = readonly [at: number | string, fields?: Readonly<Record<string, string>>]

interface Written extends Partial<Parts> {
  readonly rows: readonly Row[]
  readonly expected: HandCase['expected']
  readonly lateIds?: readonly number[]
}

const usual: Parts = {
  fields: { id: 'int', at: 'timestamp', v: 'int' },
  partitions: 1,
  format: 'epoch_millis',
  zone: 'UTC',
  delay: '0s',
  where: null,
  window: { type: 'tumbling', size: '10s' },
  groupBy: [],
  metrics: { total: 'sum(v)', n: 'count(*)' },
  parallelism: 1,
  late: false,
}

function hand(title: string, { rows, expected, lateIds = [], ...parts }: Written): HandCase {
  const records = rows.map(([at, fields], id) => ({
    value: { id: String(id), at: JSON.stringify(at), ...fields },
    partition: 0,
  }))
  return { title, parts: { ...usual, ...parts }, records, expected, lateIds, loose: new Set() }
}

/** One value each. */
function v(value: number): Readonly<Record<string, string>> {
  return { v: String(value) }
}

export const handCases: readonly HandCase[] = [
  hand('a tumbling window holds its start and not its end', {
    rows: [
      [0, v(1)],
      [9_999, v(2)],
      [10_000, v(4)],
      [30_000, v(8)],
    ],
    expected: [
      [0, 10_000, 3, 2], // 1 + 2
      [10_000, 20_000, 4, 1],
      [30_000, 40_000, 8, 1], // and no row for [20 s, 30 s)
    ],
  }),

  hand('a window takes rows until the clock is at its end and the delay, to the millisecond', {
    delay: '5s',
    late: true,
    rows: [
      [1_000, v(1)],
      [14_999, v(2)], // the clock is then 14,999, one less than 10,000 + 5,000
      [9_999, v(4)], // so that this one is kept
      [15_000, v(8)], // the clock is then 15,000
      [9_999, v(16)], // 10,000 + 5,000 <= 15,000: late
      [10_000, v(32)],
      [15_001, v(64)],
      [0, v(128)], // late
    ],
    expected: [
      [0, 10_000, 5, 2], // 1 + 4
      [10_000, 20_000, 106, 4], // 2 + 8 + 32 + 64
    ],
    lateIds: [4, 7],
  }),

  hand('without a delay the row on the bound itself closes the window', {
    late: true,
    rows: [
      [9_999, v(1)],
      [9_998, v(2)], // the clock is 9,999
      [10_000, v(4)],
      [9_999, v(8)], // 10,000 + 0 <= 10,000: late
    ],
    expected: [
      [0, 10_000, 3, 2],
      [10_000, 20_000, 4, 1],
    ],
    lateIds: [3],
  }),

  hand('rows that where drops do not move the clock', {
    fields: { ...usual.fields, keep: 'boolean' },
    where: 'keep',
    late: true,
    rows: [
      [1_000, { v: '1', keep: 'true' }],
      [90_000, { v: '2', keep: 'false' }],
      [90_000, { v: '4', keep: 'null' }],
      [2_000, { v: '8', keep: 'true' }], // the clock is 1,000
    ],
    expected: [[0, 10_000, 9, 2]],
  }),

  hand('a row is in every hopping window that holds it, and late window by window', {
    window: { type: 'hopping', size: '10s', advance: '5s' },
    late: true,
    rows: [
      [7_000, v(1)], // [0, 10 s) and [5 s, 15 s)
      [12_000, v(2)], // [5 s, 15 s) and [10 s, 20 s)
      [9_000, v(4)], // [0, 10 s) ends at 10,000 <= 12,000: late; [5 s, 15 s) takes it
      [5_000, v(8)], // the same
    ],
    expected: [
      [0, 10_000, 1, 1],
      [5_000, 15_000, 15, 4], // 1 + 2 + 4 + 8
      [10_000, 20_000, 2, 1],
    ],
    lateIds: [2, 3],
  }),

  hand('sessions join at exactly the gap and part one millisecond above it', {
    window: { type: 'session', gap: '5s' },
    rows: [
      [0, v(1)],
      [5_000, v(2)], // 5,000 - 0 = the gap: one session, which ends at 5,000 + 5,000
      [10_001, v(4)], // 10,001 - 5,000 = one more than the gap
    ],
    expected: [
      [0, 10_000, 3, 2],
      [10_001, 15_001, 4, 1],
    ],
  }),

  hand('a row between two sessions makes one of them, in its own group only', {
    fields: { ...usual.fields, g: 'string' },
    window: { type: 'session', gap: '5s' },
    groupBy: ['g'],
    delay: '20s',
    rows: [
      [0, { v: '1', g: '"a"' }],
      [8_000, { v: '2', g: '"a"' }],
      [4_000, { v: '4', g: '"b"' }],
      [4_000, { v: '8', g: '"a"' }], // 4,000 from each
    ],
    expected: [
      [0, 13_000, 'a', 11, 3], // 1 + 2 + 8, until 8,000 + 5,000
      [4_000, 9_000, 'b', 4, 1],
    ],
  }),

  hand('a row is late for a session by the end that the session would get', {
    window: { type: 'session', gap: '5s' },
    late: true,
    rows: [
      [0, v(1)],
      [20_000, v(2)], // closes [0, 5,000)
      [4_000, v(4)], // alone [4,000, 9,000): closed, late
      [16_000, v(8)], // with 20,000: [16,000, 25,000), open
      [14_999, v(16)], // with that one: [14,999, 25,000)
    ],
    expected: [
      [0, 5_000, 1, 1],
      [14_999, 25_000, 26, 3], // 2 + 8 + 16
    ],
    lateIds: [2],
  }),

  hand("a row exactly at a session's end joins it while it is open, and begins another once it is final", {
    fields: { ...usual.fields, g: 'string' },
    window: { type: 'session', gap: '5s' },
    groupBy: ['g'],
    delay: '2s',
    late: true,
    rows: [
      [0, { v: '1', g: '"a"' }], // [0, 5,000) is final when the clock is 7,000
      [6_999, { v: '2', g: '"b"' }],
      [5_000, { v: '4', g: '"a"' }], // the clock is 6,999: the gap is just kept
      [20_000, { v: '8', g: '"a"' }],
      [27_000, { v: '16', g: '"b"' }], // 20,000 + 5,000 + 2,000: [20,000, 25,000) is final
      [25_000, { v: '32', g: '"a"' }], // in time all the same: its own session ends at 30,000
    ],
    expected: [
      [0, 10_000, 'a', 5, 2], // 1 + 4
      [6_999, 11_999, 'b', 2, 1],
      [20_000, 25_000, 'a', 8, 1],
      [25_000, 30_000, 'a', 32, 1],
      [27_000, 32_000, 'b', 16, 1],
    ],
  }),

  hand('an offset shifts the bounds of windows', {
    window: { type: 'tumbling', size: '10s', offset: '3s' },
    rows: [
      [3_000, v(1)],
      [12_999, v(2)],
      [13_000, v(4)],
    ],
    expected: [
      [3_000, 13_000, 3, 2],
      [13_000, 23_000, 4, 1],
    ],
  }),

  hand('windows before 1970 are aligned as those after it', {
    late: true,
    rows: [
      [-10_001, v(1)], // floor(-10,001 / 10,000) = -2
      [-10_000, v(2)],
      [-1, v(4)],
      [0, v(8)],
    ],
    expected: [
      [-20_000, -10_000, 1, 1],
      [-10_000, 0, 6, 2],
      [0, 10_000, 8, 1],
    ],
  }),

  hand('nulls count for nothing, and make a group of their own', {
    fields: { ...usual.fields, g: 'string' },
    groupBy: ['g'],
    metrics: {
      total: 'sum(v)',
      n: 'count(*)',
      there: 'count(v)',
      mean: 'avg(v)',
      least: 'min(v)',
      most: 'max(v)',
    },
    rows: [
      [0, { v: 'null', g: '"a"' }],
      [1, { g: '"a"' }],
      [2, { v: '5', g: 'null' }],
      [3, { v: 'null', g: 'null' }],
      [4, { v: '6' }],
      [5, { v: '1', g: '""' }],
    ],
    expected: [
      [0, 10_000, '', 1, 1, 1, 1, 1, 1],
      [0, 10_000, 'a', null, 2, 0, null, null, null],
      [0, 10_000, null, 11, 3, 2, 5.5, 5, 6], // 5 + 6, of three rows
    ],
  }),

  hand('the average of whole numbers is no whole number, and their sum has 64 bits', {
    metrics: { total: 'sum(v)', mean: 'avg(v)', squares: 'max(v * v)' },
    rows: [
      [0, v(1)],
      [1, v(2)],
      [10_000, v(2_147_483_647)],
      [10_001, v(2_147_483_647)],
    ],
    expected: [
      [0, 10_000, 3, 1.5, 4],
      [10_000, 20_000, 4_294_967_294, 2_147_483_647, '4611686014132420609'], // (2^31 - 1)^2
    ],
  }),

  hand('decimals keep their digits', {
    fields: { ...usual.fields, m: 'decimal(20,2)' },
    metrics: { total: 'sum(m)', mean: 'avg(m)', most: 'max(m)', more: 'max(m + 0.005)', twice: 'max(m * 2)' },
    rows: [
      [0, { m: '0.10' }],
      [1, { m: '0.20' }],
      [10_000, { m: '123456789012345678.91' }],
      [10_001, { m: '0.01' }],
    ],
    expected: [
      [0, 10_000, '0.30', 0.15, '0.20', '0.205', 0.4],
      // …678.91 + 0.01 = …678.92; half of it as a double; twice …678.91 as a double
      [
        10_000,
        20_000,
        '123456789012345678.92',
        Number('123456789012345678.92') / 2,
        '123456789012345678.91',
        '123456789012345678.915',
        Number('123456789012345678.91') * 2,
      ],
    ],
  }),

  hand('different values are counted once, and null not at all', {
    metrics: { different: 'count(distinct v)', parities: 'count(distinct v % 2)' },
    rows: [
      [0, v(1)],
      [1, v(1)],
      [2, v(2)],
      [3, { v: 'null' }],
      [4, v(4)],
    ],
    expected: [[0, 10_000, 3, 2]], // 1, 2, 4; 1 and 0
  }),

  hand('a day loses an hour to summer time', {
    format: 'yyyy-MM-dd HH:mm:ss',
    zone: 'Europe/Berlin',
    window: { type: 'tumbling', size: '1h' },
    rows: [
      ['2024-03-31 01:59:59', v(1)], // 00:59:59 in UTC
      ['2024-03-31 03:00:00', v(2)], // 01:00:00 in UTC, one second later
    ],
    expected: [
      [1_711_843_200_000, 1_711_846_800_000, 1, 1], // 2024-03-31T00:00Z, an hour
      [1_711_846_800_000, 1_711_850_400_000, 2, 1],
    ],
  }),

  hand('only what is true is kept: not what is null, nor what would be true without the null', {
    where: 'not (v = 1) and v not in (2, 3)',
    rows: [
      [0, v(1)],
      [1, v(2)],
      [2, v(4)],
      [3, { v: 'null' }], // not (null = 1) is null
    ],
    expected: [[0, 10_000, 4, 1]],
  }),

  hand('division is of doubles, and by zero null', {
    metrics: { halves: 'sum(v / 2)', by_zero: 'count(v / 0)', remainder: 'min(v % 3)' },
    rows: [
      [0, v(7)],
      [1, v(-7)],
      [2, v(1)],
    ],
    expected: [[0, 10_000, 0.5, 0, -1]], // 3.5 - 3.5 + 0.5; -7 = -2 * 3 - 1
  }),

  hand('rounding goes by the digits that a double is written with, and zero has one value', {
    fields: { ...usual.fields, x: 'double' },
    metrics: { up: 'max(round(x, 2))', half: 'min(round(x))', zeros: 'count(distinct x * 0)' },
    delay: '1h',
    rows: [
      [0, { x: '1.005' }], // the double next to it is 1.00499999999999989…
      [1, { x: '-2.5' }], // away from zero; times 0 it is -0.0
    ],
    expected: [[0, 10_000, 1.01, -3, 1]],
  }),
]
