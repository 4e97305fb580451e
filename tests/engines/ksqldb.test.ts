import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { syntaxErrors } from '../compiler/targets/ksqldb-grammar.ts'
import {
  build,
  compute,
  converge,
  type Lab,
  makeTopic,
  openLab,
  planned,
  produce,
  randomName,
  removeTopic,
  results,
  topics,
  unavailable,
} from './ksqldb-lab.ts'

const long = 180_000
const base = 1_700_000_000_000 - (1_700_000_000_000 % 10_000)

interface Parts {
  readonly fields?: string
  readonly format?: string
  readonly zone?: string
  readonly where?: string
  readonly window?: string
  readonly groups?: string
  readonly metrics?: string
  readonly engine?: string
}

function pipeline({ fields, format, zone, where, window, groups, metrics, engine }: Parts): string {
  return `
name: NAME
source:
  topic: NAME_in
  fields: { ${fields ?? 'u: string, v: int, status: string'}, at: timestamp }
  event_time: { field: at, format: ${format ?? 'epoch_millis'}, watermark_delay: 1s${zone ? `, time_zone: ${zone}` : ''} }
${where === undefined ? '' : `where: ${where}`}
window: ${window ?? '{ type: tumbling, size: 10s }'}
group_by: [${groups ?? ''}]
metrics: ${metrics ?? '{ total: sum(v), n: count(*), mean: avg(v) }'}
engines: { ksqldb: { topic: NAME_out${engine ?? ''} } }
`
}

/** Closes the windows before it, and is in none that closes. */
const closing = { u: 'end', v: 0, status: 'Paid', at: base + 3_600_000 }

const windows: [string, string, readonly [number, number, number][]][] = [
  [
    'tumbling',
    '{ type: tumbling, size: 10s }',
    [
      [0, 10, 3],
      [20, 30, 4],
    ],
  ],
  [
    'hopping',
    '{ type: hopping, size: 20s, advance: 10s }',
    [
      [-10, 10, 3],
      [0, 20, 3],
      [10, 30, 4],
      [20, 40, 4],
    ],
  ],
  [
    'session',
    '{ type: session, gap: 5s }',
    [
      [0, 14, 3],
      [21, 26, 4],
    ],
  ],
]

const times: [string, string | undefined, (millis: number) => unknown][] = [
  ['epoch_seconds', undefined, (millis) => millis / 1_000],
  ['iso8601', undefined, (millis) => new Date(millis).toISOString()],
  [
    "'yyyy-MM-dd HH:mm:ss.SSS'",
    undefined,
    (millis) => new Date(millis).toISOString().replace('T', ' ').replace('Z', ''),
  ],
  [
    "'yyyy-MM-dd HH:mm:ss.SSS'",
    'Asia/Tokyo',
    (millis) => new Date(millis + 9 * 3_600_000).toISOString().replace('T', ' ').replace('Z', ''),
  ],
]

/** One group a row: 1 is whole, 2 has nulls, 3 has what is hard. */
const rows = [
  { id: 1, a: 7, b: 2, x: 2.5, y: 0.5, s: 'ab%', o: true, d: 1.25 },
  { id: 2, a: null, b: null, x: null, y: null, s: null, o: null, d: null },
  { id: 3, a: -7, b: 0, x: -2.5, y: 0, s: '', o: false, d: -1.25 },
].map((row) => ({ ...row, at: base }))
const fields = 'id: int, a: int, b: int, x: double, y: double, s: string, o: boolean, d: "decimal(10,2)"'

const values: [string, readonly [unknown, unknown, unknown]][] = [
  ['min(a + b * 2)', [11, null, -7]],
  ['min(-a)', [-7, null, 7]],
  ['min(a / b)', [3.5, null, null]],
  ['min(a % b)', [1, null, null]],
  ['min(x / y)', [5, null, null]],
  ['min(coalesce(a + b, 9))', [9, 9, -7]],
  ['min(nullif(b, 0))', [2, null, null]],
  ['min(nullif(y, 0.0))', [0.5, null, null]],
  ["min(s || '-' || s)", ['ab%-ab%', null, '-']],
  ["min('${s}')", ['${s}', '${s}', '${s}']],
  ["min(case when o then 'yes' when not o then 'no' else 'none' end)", ['yes', 'none', 'no']],
  ['min(round(x))', [3, null, -3]],
  ['min(round(x / 10, 1))', [0.3, null, -0.3]],
  ['min(floor(x))', [2, null, -3]],
  ['min(ceil(x))', [3, null, -2]],
  ['min(abs(x))', [2.5, null, 2.5]],
  ['min(abs(d))', [1.25, null, 1.25]],
  ['min(length(upper(s)))', [3, null, 0]],
  ['min(substring(lower(trim(s)), 2, 1))', ['b', null, '']],
  ['min(cast(a as string))', ['7', null, '-7']],
  ["min(cast(s || '1' as bigint))", [null, null, 1]],
  ['min(cast(x as bigint))', [2, null, -2]],
  ["min(coalesce(cast('99999999999999999999' as bigint), 0))", [0, 0, 0]],
  ['min(coalesce(cast(a * 10000 as decimal(5,1)), d))', [1.25, null, -1.25]],
  ['min(coalesce(a + cast(null as bigint), 4))', [4, 4, 4]],
  ['sum(d + 0.5)', [1.75, null, -0.75]],
  ['avg(d)', [1.25, null, -1.25]],
  ['sum(d)', [1.25, null, -1.25]],
  ['max(s)', ['ab%', null, '']],
  ['count(a + b)', [1, 0, 1]],
]

const conditions: [string, readonly number[]][] = [
  ['not (a = 7)', [3]],
  ['a not in (7, 8)', [3]],
  ['s in ("", \'x\')'.replace('""', "''"), [3]],
  ['a between -7 and 0', [3]],
  ['a not between -7 and 0', [1]],
  ["s like '%b!%' escape '!'", [1]],
  ["s not like 'a%'", [3]],
  ['o', [1]],
  ['not o', [3]],
  ['a + b is null', [2]],
  ['a + b is not null', [1, 3]],
  ['a / b > 1 or s is null', [1, 2]],
  ['not (x / y < 1 or o)', []],
  ['d in (1.25, 3)', [1]],
  ['x in (-2.5)', [3]],
  ["a * 2 > b or s = ''", [1, 3]],
]

const valuePipeline = (metric: string): string =>
  pipeline({ fields, groups: 'id', metrics: `{ m: "${metric}" }` })

const conditionPipeline = (where: string): string =>
  pipeline({
    fields,
    where: JSON.stringify(`(${where}) or id = 9`),
    groups: 'id',
    metrics: '{ n: count(*) }',
  })

const timePipeline = (format: string, zone: string | undefined): string =>
  pipeline({ format, metrics: '{ total: sum(v) }', ...(zone === undefined ? {} : { zone }) })

test('the pipelines of these tests are sound, server or not', () => {
  const texts = [
    ...windows.map(([, window]) => pipeline({ window })),
    ...times.map(([format, zone]) => timePipeline(format, zone)),
    ...values.map(([metric]) => valuePipeline(metric)),
    ...conditions.map(([where]) => conditionPipeline(where)),
  ]
  for (const text of texts) expect(syntaxErrors(build(text, 'sound').text)).toEqual([])
})

describe.skipIf(unavailable !== null)(`a real ksqlDB (${unavailable ?? 'here'})`, () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab()
  }, 600_000)
  afterAll(() => lab?.stop(), long)

  test('create, nothing, replace, drift, destroy', { timeout: long }, async () => {
    const name = randomName()
    const first = build(pipeline({ where: "status = 'Paid'" }), name)
    const second = build(
      pipeline({ where: "status = 'Paid'", window: '{ type: tumbling, size: 20s }' }),
      name,
    )
    await makeTopic(lab, `${name}_in`)
    try {
      expect((await converge(lab, first))?.action).toBe('create')
      expect((await planned(lab, first))?.action).toBe('unchanged')
      await produce(lab, `${name}_in`, [
        { u: 'a', v: 1, status: 'Paid', at: base },
        { u: 'a', v: 2, status: 'Refused', at: base },
        closing,
      ])
      expect(await results(lab, `${name}_out`, 1)).toEqual([
        { window_start: base, window_end: base + 10_000, total: 1, n: 1, mean: 1 },
      ])
      expect(await converge(lab, second)).toMatchObject({
        action: 'replace',
        state: expect.stringContaining('starts anew'),
      })
      expect((await planned(lab, second))?.action).toBe('unchanged')
      expect((await planned(lab, first))?.reason).toContain('another hash')
      expect(await results(lab, `${name}_out`, 2)).toHaveLength(2)
      expect((await converge(lab, second, null))?.action).toBe('delete')
      expect(await planned(lab, second, null)).toBeNull()
      expect((await topics(lab)).filter((each) => each.includes(name))).toEqual([`${name}_in`])
    } finally {
      await converge(lab, second, null)
      await removeTopic(lab, `${name}_in`)
    }
  })

  test('a missing topic is refused in ksqlDB’s own words, and nothing is made', {
    timeout: long,
  }, async () => {
    const built = build(pipeline({}), randomName())
    await expect(converge(lab, built)).rejects.toThrow(`Topic '${built.name}_in' does not exist.`)
    expect(await planned(lab, built, null)).toBeNull()
  })

  test('null groups, nulls in metrics, malformed rows', { timeout: long }, async () => {
    const rows = [
      { u: 'a', v: null, at: base },
      { u: null, v: 3, at: base + 1 },
      { v: 4, at: base + 2 },
      '{"u": "a"',
      { u: 'a', v: 5, at: null },
      { u: '', v: 7, at: base + 3 },
      closing,
    ]
    const bounds = { window_start: base, window_end: base + 10_000 }
    const found = await compute(lab, pipeline({ groups: 'u' }), rows, 3)
    expect(found).toHaveLength(3)
    expect(found).toContainEqual({ ...bounds, u: 'a', total: null, n: 1, mean: null })
    expect(found).toContainEqual({ ...bounds, u: null, total: 7, n: 2, mean: 3.5 })
    expect(found).toContainEqual({ ...bounds, u: '', total: 7, n: 1, mean: 7 })
  })

  test.each(windows)('%s windows', { timeout: long }, async (_name, window, expected) => {
    const rows = [{ v: 1, at: base }, { v: 2, at: base + 9_000 }, { v: 4, at: base + 21_000 }, closing]
    if (window.includes('session')) rows.splice(1, 1, { v: 1, at: base + 5_000 }, { v: 1, at: base + 9_000 })
    const found = await compute(
      lab,
      pipeline({ window, metrics: '{ total: sum(v) }' }),
      rows,
      expected.length,
    )
    const starts = (row: Readonly<Record<string, unknown>>): number => Number(row.window_start)
    expect([...found].sort((one, other) => starts(one) - starts(other))).toEqual(
      expected.map(([start, end, total]) => ({
        window_start: base + start * 1_000,
        window_end: base + end * 1_000,
        total,
      })),
    )
  })

  test.each(times)('event time as %s, zone %s', { timeout: long }, async (format, zone, write) => {
    const rows = [
      { v: 1, at: write(base) },
      { v: 2, at: write(base + 9_000) },
      { v: 9, at: 'soon' },
      { v: 0, at: write(closing.at) },
    ]
    const text = timePipeline(format, zone)
    expect(await compute(lab, text, rows, 1)).toEqual([
      { window_start: base, window_end: base + 10_000, total: 3 },
    ])
  })

  test('a query with a computed clock is replaced without counting twice', { timeout: long }, async () => {
    const name = randomName()
    const text = pipeline({ format: 'epoch_seconds', metrics: '{ n: count(*) }' })
    await makeTopic(lab, `${name}_in`)
    const first = build(text, name)
    const second = build(text.replace('type: tumbling, size: 10s', 'type: session, gap: 7s'), name)
    try {
      await produce(lab, `${name}_in`, [{ at: base / 1_000 }, { at: closing.at / 1_000 }])
      await converge(lab, first)
      await results(lab, `${name}_out`, 1)
      await converge(lab, second)
      expect(await results(lab, `${name}_out`, 2)).toEqual([
        { window_start: base, window_end: base + 7_000, n: 1 },
        { window_start: base, window_end: base + 10_000, n: 1 },
      ])
    } finally {
      await converge(lab, second, null)
      await removeTopic(lab, `${name}_in`)
    }
  })

  test.each(values)('%s', { timeout: long }, async (metric, expected) => {
    const found = await compute(
      lab,
      pipeline({ fields, groups: 'id', metrics: `{ m: "${metric}" }` }),
      [...rows, { id: 9, at: closing.at }],
      3,
    )
    expect(new Map(found.map(({ id, m }) => [id, m]))).toEqual(
      new Map([1, 2, 3].map((id, index) => [id, expected[index]])),
    )
  })

  test.each(conditions)('where %s', { timeout: long }, async (where, expected) => {
    const text = conditionPipeline(where)
    const found = await compute(
      lab,
      text,
      [...rows, { id: 9, at: base }, { id: 9, at: closing.at }],
      expected.length + 1,
    )
    expect(found.map(({ id }) => id).sort()).toEqual([...expected, 9])
  })
})
