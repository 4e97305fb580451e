import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import type { OutputValue } from '../../../runtime/embedded/rows.ts'
import { compiled, compute } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

const fields = {
  s: 'string',
  t: 'string',
  a: 'int',
  b: 'bigint',
  d: 'double',
  e: 'double',
  m: 'decimal(10,2)',
  n: 'decimal(18,4)',
  yes: 'boolean',
  no: 'boolean',
  nul: 'boolean',
  nothing: 'int',
  later: 'timestamp',
}
const record =
  '{"at":5,"s":"Straße 😀","t":" -3.7 ","a":-7,"b":9007199254740993,"d":2.5,"e":-0.5,"m":12.35,"n":-0.0049,"yes":true,"no":false,"later":9}'

const values: readonly (readonly [string, OutputValue])[] = [
  ['a + b', 9007199254740986n],
  ['a - 3', -10n],
  ['a * 1000000000000', -7000000000000n],
  ['2147483647 + 1', 2147483648n],
  ['-a', 7n],
  ['- -a', -7n],
  ['-b', -9007199254740993n],
  ['a + nothing', null],
  ['d * 3', 7.5],
  ['d + a', -4.5],
  ['0.1 + 0.2', 0.30000000000000004],
  ['1e300 * 10', 1e301],
  ['m + n', '12.3451'],
  ['m - 0.01', '12.34'],
  ['-m', '-12.35'],
  ['m * 2', 24.7],
  ['a / 2', -3.5],
  ['a / 0', null],
  ['d / e', -5],
  ['b / 1', 9007199254740992],
  ['a % 3', -1n],
  ['7 % -3', 1n],
  ['a % 0', null],
  ["s || '!'", 'Straße 😀!'],
  ['s || cast(nothing as string)', null],
  ["'a' || cast(a as string) || cast(yes as string)", 'a-7true'],
  ['cast(b as string)', '9007199254740993'],
  ["case when a < 0 then 'below' when a > 0 then 'above' else 'zero' end", 'below'],
  ["case when nothing < 0 then 'x' end", null],
  ['case when not nul then 1 when not (nul and yes) then 2 else 3 end', 3n],
  ['coalesce(nothing, a)', -7n],
  ['coalesce(nothing, nothing, 0)', 0n],
  ['nullif(a, -7)', null],
  ['nullif(a, 7)', -7n],
  ['nullif(m, 12.35)', null],
  ["cast('12' as bigint)", 12n],
  ["cast('+12' as bigint)", 12n],
  ["cast('-3.7' as bigint)", null],
  ["cast('1e2' as bigint)", null],
  ["cast(' 12' as bigint)", null],
  ["cast('' as bigint)", null],
  ["cast('9223372036854775808' as bigint)", null],
  ["cast('1e2' as double)", 100],
  ["cast('.5' as double)", 0.5],
  ["cast('5.' as double)", 5],
  ["cast('NaN' as double)", null],
  ["cast(' 1' as double)", null],
  ['cast(t as double)', null],
  ['cast(trim(t) as double)', -3.7],
  ['cast(d as bigint)', 2n],
  ['cast(-2.5 as bigint)', -2n],
  ['cast(9007199254740992.0 as bigint)', 9007199254740992n],
  ['cast(9007199254740994.0 as bigint)', null],
  ['cast(1e20 as bigint)', null],
  ['cast(a as decimal(12,3))', '-7.000'],
  ['cast(123456 as decimal(5,2))', null],
  ['cast(m as double)', 12.35],
  ['cast(m as decimal(12,4))', '12.3500'],
  ['cast(b as double)', 9007199254740992],
  ['abs(a)', 7n],
  ['abs(e)', 0.5],
  ['abs(n)', '0.0049'],
  ['floor(e)', -1],
  ['ceil(d)', 3],
  ['floor(1e20)', 1e20],
  ['round(d)', 3],
  ['round(-2.5)', -3],
  ['round(1234.5678, 2)', 1234.57],
  ['round(1e20)', 1e20],
  ['upper(s)', 'STRASSE 😀'],
  ['lower(s)', 'straße 😀'],
  ['trim(t)', '-3.7'],
  ["trim('\u00a0x\u00a0 ')", '\u00a0x\u00a0'],
  ['length(s)', 8n],
  ['substring(s, 8)', '😀'],
  ['substring(s, 2, 2)', 'tr'],
  ['substring(s, 99, 2)', ''],
  ["substring('ab', 1, 0)", ''],
  ['later', 9n],
]

const conditions: readonly (readonly [string, boolean])[] = [
  ['a = -7', true],
  ['a <> -7', false],
  ['nothing = 1', false],
  ['not (nothing = 1)', false],
  ['nothing <> 1', false],
  ['b = 9007199254740993', true],
  ['b = 9007199254740992', false],
  ['a < d', true],
  ['m = 12.35', true],
  ['m > 12.349999', true],
  ['n < 0', true],
  ['n = -0.0049', true],
  ["s >= 'Straße'", true],
  ["'Z' < 'a' and 'z' < 'é'", true],
  ['a in (1, -7)', true],
  ['a not in (1, 2)', true],
  ['nothing not in (1, 2)', false],
  ["s in ('x', 'Straße 😀')", true],
  ['m in (1, 12.35)', true],
  ['a between -8 and -6', true],
  ['a not between 0 and 5', true],
  ['nothing not between 0 and 5', false],
  ["s like 'Stra_e %'", true],
  ["s like 'Straße _'", true],
  ["s not like '%x%'", true],
  ["cast(nothing as string) not like 'x%'", false],
  ["'a\\%' like 'a\\%'", true],
  ["'a%' like 'a\\%'", false],
  ["'a\\b' like 'a\\%'", true],
  ["'100%' like '100!%' escape '!'", true],
  ["'100x' like '100!%' escape '!'", false],
  ["'a''b' like 'a''_'", true],
  ['nothing is null', true],
  ['nothing is not null', false],
  ['(nothing = 1) is null', true],
  ['yes', true],
  ['not no', true],
  ['nul', false],
  ['not nul', false],
  ['nul or yes', true],
  ['nul and yes', false],
  ['not (nul and no)', true],
  ['later > at', true],
  ['a / 0 is null and a % 0 is null', true],
]

test('values are those that the language promises', async () => {
  const metrics = Object.fromEntries(values.map(([expression], index) => [`v${index}`, `max(${expression})`]))
  const { rows, summary } = await compute(engine, compiled({ fields, metrics }), [record])
  expect(summary.malformed).toBe(0)
  const found = values.map(([expression], index) => [expression, rows[0]![`v${index}`]])
  expect(found).toEqual(values)
})

test('conditions are true, or else they are not', async () => {
  const metrics = Object.fromEntries(
    conditions.map(([condition], index) => [`c${index}`, `sum(case when ${condition} then 1 else 0 end)`]),
  )
  const { rows } = await compute(engine, compiled({ fields, metrics }), [record])
  const found = conditions.map(([condition], index) => [condition, rows[0]![`c${index}`] === 1n])
  expect(found).toEqual(conditions)
})

test.each(conditions)('where %s', async (where, kept) => {
  const { summary } = await compute(engine, compiled({ fields, where }), [record])
  expect(summary).toMatchObject({ malformed: 0, filteredOut: kept ? 0 : 1 })
})

test('aggregates: nulls do not count, sums are exact, averages are a sum over a count', async () => {
  const aggregates = compiled({
    fields: { i: 'int', b: 'bigint', d: 'double', m: 'decimal(38,10)', s: 'string' },
    metrics: {
      sum_i: 'sum(i)',
      avg_i: 'avg(i)',
      min_i: 'min(i)',
      max_i: 'max(i)',
      count_i: 'count(i)',
      distinct_i: 'count(distinct i)',
      sum_b: 'sum(b)',
      avg_b: 'avg(b)',
      sum_d: 'sum(d)',
      avg_d: 'avg(d)',
      sum_m: 'sum(m)',
      avg_m: 'avg(m)',
      min_s: 'min(s)',
      max_s: 'max(s)',
      rows: 'count(*)',
      first: 'min(at)',
    },
  })
  const { rows } = await compute(engine, aggregates, [
    '{"at":1,"i":2147483647,"b":9007199254740992,"d":0.1,"m":0.0000000001,"s":"é"}',
    '{"at":2,"i":2147483647,"b":1,"d":0.2,"m":9007199254740993.5,"s":"z"}',
    '{"at":3,"i":-1,"b":-2,"d":0.3,"s":"Z"}',
    '{"at":4}',
    '{"at":11}',
  ])
  expect(rows).toEqual([
    {
      window_start: 0n,
      window_end: 10n,
      sum_i: 4294967293n,
      avg_i: 4294967293 / 3,
      min_i: -1n,
      max_i: 2147483647n,
      count_i: 3n,
      distinct_i: 2n,
      sum_b: 9007199254740991n,
      avg_b: 9007199254740991 / 3,
      sum_d: 0.6,
      avg_d: 0.6 / 3,
      sum_m: '9007199254740993.5000000001',
      avg_m: 9007199254740994 / 2,
      min_s: 'Z',
      max_s: 'é',
      rows: 4n,
      first: 1n,
    },
    {
      window_start: 10n,
      window_end: 20n,
      sum_i: null,
      avg_i: null,
      min_i: null,
      max_i: null,
      count_i: 0n,
      distinct_i: 0n,
      sum_b: null,
      avg_b: null,
      sum_d: null,
      avg_d: null,
      sum_m: null,
      avg_m: null,
      min_s: null,
      max_s: null,
      rows: 1n,
      first: 11n,
    },
  ])
})

test('the average of a great negative sum is rounded once', async () => {
  const { rows } = await compute(engine, compiled({ fields: { b: 'bigint' }, metrics: { mean: 'avg(b)' } }), [
    '{"at":1,"b":-1152921504606847105}',
  ])
  expect(rows[0]!.mean).toBe(Number(-1152921504606847232n))
})

test('a sum beyond what a double holds is infinite, as Java has it', async () => {
  const sums = compiled({
    fields: { d: 'double' },
    metrics: { sum: 'sum(d)', mean: 'avg(d)', product: 'sum(d * -10)', small: 'sum(d / 1e308)' },
  })
  const { rows } = await compute(engine, sums, ['{"at":1,"d":1.5e308}', '{"at":2,"d":1.5e308}'])
  expect(rows[0]).toMatchObject({ sum: Infinity, mean: Infinity, product: -Infinity, small: 3 })
})

test('a sum beyond bigint ends the run and names the metric', async () => {
  const sums = compiled({ fields: { b: 'bigint' }, metrics: { "it's total": 'sum(b)' } })
  await expect(
    compute(engine, sums, ['{"at":1,"b":9223372036854775807}', '{"at":2,"b":1}']),
  ).rejects.toMatchObject({
    name: 'Failure',
    message: `Cannot go on: the sum in metric "it's total" is beyond what a bigint holds.`,
    detail: null,
  })
})

test('a product beyond bigint ends the run without a stack', async () => {
  const products = compiled({ fields: { b: 'bigint' }, metrics: { product: 'max(b * b)' } })
  await expect(compute(engine, products, ['{"at":1,"b":9223372036854775807}'])).rejects.toMatchObject({
    name: 'Failure',
    detail: expect.stringContaining('Overflow in multiplication'),
  })
})

test('groups: null is one of its own, and rows come in order of window and group', async () => {
  const grouped = compiled({ fields: { k: 'string', f: 'boolean' }, groupBy: ['k', 'f'] })
  const { rows } = await compute(engine, grouped, [
    '{"at":1,"k":"b","f":true}',
    '{"at":1}',
    '{"at":1,"k":"","f":false}',
    '{"at":1,"k":"b"}',
    '{"at":2,"k":null}',
    '{"at":11,"k":"a"}',
  ])
  expect(rows.map(({ window_start, k, f, rows }) => [window_start, k, f, rows])).toEqual([
    [0n, '', false, 1n],
    [0n, 'b', true, 1n],
    [0n, 'b', null, 1n],
    [0n, null, null, 2n],
    [10n, 'a', null, 1n],
  ])
})
