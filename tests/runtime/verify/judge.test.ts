import { expect, test } from 'vitest'
import type { Rule } from '../../../runtime/verify/bounds.ts'
import { answerOf, clustersOf } from '../../../runtime/verify/clusters.ts'
import { judge } from '../../../runtime/verify/judge.ts'
import { Results } from '../../../runtime/verify/results.ts'
import { pipelineOf, rowsAt } from './pipelines.ts'

const rule: Rule = { must: 'own', lateMayBeIn: true, slack: 2_000 }
const pipeline = pipelineOf()
/** Window 0 holds records 0 and 1 (amounts 0 and 1, prices 0.00 and 1.00, weights 0 and 0.5); record 3 is late for it. */
const arrivals = [
  [0, 1],
  [0, 2],
  [0, 15],
  [0, 3],
] as const

function verdictOf(lines: readonly string[], of = pipeline, rows = rowsAt(arrivals)) {
  const results = new Results(of, 1_000_000, () => 1)
  for (const value of lines) results.take({ rawKey: null, value })
  return { results, ...judge(clustersOf(rows, of, rule, null), [...results.rows.values()], of) }
}

const first = '{"window_start":0,"window_end":10000,"user":"ada","total":1,"rows":2,"mean":0.5,"most":0.5}'
const withLate =
  '{"window_start":0,"window_end":10000,"user":"ada","total":4,"rows":3,"mean":1.3333333333333333,"most":1.5}'
const second = '{"window_start":10000,"window_end":20000,"user":"ada","total":2,"rows":1,"mean":2.0,"most":1}'

test('without the late row and with it are both admissible, and told apart from equal', () => {
  const without = verdictOf([first, second])
  expect(without).toMatchObject({ equal: 1, late: { windows: 1, kept: 0, admissible: 1 }, differences: [] })
  expect(verdictOf([withLate, second])).toMatchObject({
    equal: 1,
    late: { kept: 1, admissible: 1 },
    differences: [],
  })
})

test('anything between them is none of the admissible answers', () => {
  const mixed = withLate.replace('"total":4', '"total":3')
  const { different, differences } = verdictOf([mixed, second])
  expect(different).toBe(1)
  // Closest is the answer with the late row: only one column of it is wrong.
  expect(differences[0]).toMatchObject({ kind: 'different', columns: [0] })
  expect(differences[0]!.expected!.rows.map(({ record }) => record)).toEqual([0, 1, 3])
})

test('a tombstone takes the row of its own key, however much two keys look alike as text', () => {
  const results = new Results(pipeline, 1_000_000, () => 1)
  const [one, other] = [0x8bcfff8800, 0x8bcfff9000].map((start) => {
    const key = Buffer.concat([Buffer.from('ada'), Buffer.alloc(8)])
    key.writeBigInt64BE(BigInt(start), 3)
    return key
  })
  expect(one!.toString('utf8')).toBe(other!.toString('utf8'))
  results.take({ rawKey: one!, value: first })
  results.take({ rawKey: other!, value: second })
  results.take({ rawKey: one!, value: null })
  expect([...results.rows.values()].map(({ start }) => start)).toEqual([10_000])
})

test('a missing window and one too many are found', () => {
  const stranger = second.replaceAll('10000', '70000').replace('20000', '80000')
  expect(verdictOf([first])).toMatchObject({ missing: 1, extra: 0 })
  expect(verdictOf([first, second, stranger])).toMatchObject({ missing: 0, extra: 1 })
  expect(verdictOf([first, second.replace('ada', 'bob')])).toMatchObject({ missing: 1, extra: 1 })
})

test('numbers are compared as numbers and by their type', () => {
  const spelt = second.replace('"total":2', '"total":2.0E0').replace('"most":1}', '"most":1.0}')
  expect(verdictOf([first, spelt]).differences).toEqual([])
  expect(verdictOf([first, second.replace('"total":2', '"total":null')]).different).toBe(1)
  expect(verdictOf([first, second.replace('"mean":2.0', '"mean":2.0000000000000004')]).different).toBe(1)
})

test('the last record of a window counts; repetitions and changes are counted', () => {
  const { results, differences } = verdictOf([first.replace('"rows":2', '"rows":1'), first, first, second])
  expect(differences).toEqual([])
  expect(results.updates).toBe(1)
  expect(results.repeats).toBe(1)
})

test('rows that are no output rows are told with their reason', () => {
  const { results } = verdictOf(['oops', '{"window_start":0}', second.replace('"total":2', '"total":"2"')])
  expect(results.malformed.map(({ reason }) => reason)).toEqual([
    'it is no JSON object',
    'it has no column "window_end"',
    '"total" is "2", no bigint',
  ])
})

test('whole numbers beyond 2^53 are told apart', () => {
  const big = pipelineOf({ metrics: '{ total: sum(amount) }' })
  const rows = rowsAt([[0, 1]]).map((row) => ({ ...row, values: [9_007_199_254_740_993n] }))
  const line = '{"window_start":0,"window_end":10000,"user":"ada","total":9007199254740993}'
  expect(verdictOf([line], big, rows).equal).toBe(1)
  expect(verdictOf([line.replace('993', '992')], big, rows).different).toBe(1)
})

test('with very many late rows values are held to their bounds', () => {
  const many = rowsAt([
    [0, 1],
    [0, 50],
    ...Array.from({ length: 13 }, (_, index) => [0, 2 + index / 10] as const),
  ])
  // Record 0 is in; records 2 to 14 are late: sums 0 to 104, counts 1 to 14.
  const row = (total: number, rows: number): string =>
    `{"window_start":0,"window_end":10000,"user":"ada","total":${total},"rows":${rows},"mean":3.5,"most":2}`
  const last =
    '{"window_start":50000,"window_end":60000,"user":"ada","total":1,"rows":1,"mean":1.0,"most":0.5}'
  expect(verdictOf([row(104, 14), last], pipeline, many)).toMatchObject({ bounded: 1, differences: [] })
  expect(verdictOf([row(105, 14), last], pipeline, many).different).toBe(1)
  expect(verdictOf([row(104, 15), last], pipeline, many).different).toBe(1)
})

test('of sessions, any cut that some choice of late rows gives is admissible, and no other', () => {
  const sessions = pipelineOf({ window: '{ type: session, gap: 5s }', metrics: '{ rows: count(*) }' })
  const rows = rowsAt([
    [0, 0],
    [0, 8],
    [0, 30],
    [0, 4],
  ]).map((row) => ({ ...row, values: [true] }))
  const row = (start: number, end: number, count: number): string =>
    `{"window_start":${start},"window_end":${end},"user":"ada","rows":${count}}`
  const last = row(30_000, 35_000, 1)
  const apart = [row(0, 5_000, 1), row(8_000, 13_000, 1), last]
  expect(verdictOf(apart, sessions, rows)).toMatchObject({
    late: { kept: 0, admissible: 1 },
    differences: [],
  })
  expect(verdictOf([row(0, 13_000, 3), last], sessions, rows)).toMatchObject({
    late: { kept: 1 },
    differences: [],
  })
  expect(verdictOf([row(0, 13_000, 2), last], sessions, rows).differences.length).toBeGreaterThan(0)
})

test('an expected row names what it was made of', () => {
  const [cluster] = clustersOf(rowsAt(arrivals), pipeline, rule, null)
  const [row] = answerOf(cluster!, cluster!.must, pipeline)
  expect(row).toMatchObject({ start: 0, end: 10_000, values: [1n, 2n, 0.5, 0.5] })
})
