/** Every form of the language on a real Flink and on the embedded engine: one row a window, so that a maximum is the value. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { type EmbeddedEngine, openEngine } from '../../runtime/embedded/engine.ts'
import { openTextInput } from '../../runtime/embedded/input.ts'
import { compiled, endpointsOf, Lab } from './flink-lab.ts'

const local = inject('local')

const values = {
  add: 'a + b',
  subtract: 'a - 7',
  multiply: 'i * i',
  negative: '-a',
  divide: 'a / b',
  divide_double: 'd / 3',
  modulo: 'a % b',
  modulo_int: 'i % 3',
  absolute: 'abs(a)',
  absolute_decimal: 'abs(m)',
  floored: 'floor(d)',
  ceiled: 'ceil(d)',
  rounded: 'round(d)',
  rounded_to_one: 'round(d, 1)',
  joined: "s || '-' || t",
  lowered: 'lower(s)',
  raised: 'upper(t)',
  trimmed: 'trim(s)',
  long: 'length(s)',
  tail: 'substring(s, 2)',
  middle: 'substring(s, 2, 2)',
  nothing: 'substring(s, 99, 2)',
  either: "coalesce(s, t, 'none')",
  unless: "nullif(s, 'abc')",
  chosen: "case when a > 5 then 'big' when a < 0 then 'negative' else s end",
  chosen_number: 'case when o then a else 0 end',
  bigint_of_text: 'cast(s as bigint)',
  double_of_text: 'cast(s as double)',
  text_of_int: 'cast(i as string)',
  text_of_boolean: 'cast(o as string)',
  bigint_of_double: 'cast(d as bigint)',
  double_of_int: 'cast(i as double)',
  double_of_decimal: 'cast(m as double)',
  decimal_sum: 'm + m',
  decimal_less: 'm - 0.05',
  wider: 'cast(m as decimal(20,4))',
  reserved: '`order` + 1',
  whole: '5 + a',
  quotes: "s || 'it''s -- /* \\ ${x} ☃ 😀'",
} as const

const conditions = {
  equal: 'a = b',
  unequal: 'a <> b',
  not_less: 'not (a < b)',
  int_and_double: 'i > d',
  among: 'a in (1, 3, 5)',
  not_among: "s not in ('abc', 'x')",
  between: 'a between 0 and 5',
  not_between: 'not (a between 0 and 5)',
  missing: 's is null',
  present: 't is not null',
  starts: "s like 'a%'",
  starts_not: "s not like 'a%'",
  percent: "s like '%!%%' escape '!'",
  backslash: "s like 'a\\b'",
  underscore: "s like 'a_b'",
  flag: 'o',
  no_flag: 'not o',
  both: 'o and a > 0',
  one: 'o or a > 0',
  neither: 'not (o or a > 0)',
  before: "s < 'b'",
  decimal_more: 'm > 0.5',
  earlier: 'other < at',
  computed: 'a + b > 3 and a / b > 1',
} as const

const metrics = [
  ...Object.entries(values).map(([name, value]) => `  ${name}: "max(${value.replaceAll('\\', '\\\\')})"`),
  ...Object.entries(conditions).map(
    ([name, condition]) =>
      `  if_${name}: "count(case when ${condition.replaceAll('\\', '\\\\')} then 1 end)"`,
  ),
  '  later: max(other)',
  '  average: avg(m)',
  '  total: sum(m)',
  '  different: count(distinct s)',
]

const yaml = `
name: NAME
source:
  topic: NAME_in
  fields: { at: timestamp, other: timestamp, a: bigint, b: bigint, i: int, d: double, m: "decimal(10,2)", s: string, t: string, o: boolean, order: int }
  event_time: { field: at, format: iso8601 }
window: { type: tumbling, size: 1s }
metrics:
${metrics.join('\n')}
engines: { flink: { topic: NAME_out } }
`

const texts = [
  ...[
    '',
    ' ',
    ' a ',
    'abc',
    'a%b',
    'a_b',
    'axb',
    'a\\b',
    'a\nb',
    'straße',
    'ÀÉ',
    '€uro',
    '😀bc',
    "it's",
    'x',
  ],
  ...[
    '12',
    '-3',
    '+7',
    '-3.7',
    '1e2',
    ' 5 ',
    '1d',
    '0x10',
    'NaN',
    'Infinity',
    '.5',
    '5.',
    '9223372036854775808',
    null,
  ],
]
const longs = ['0', '1', '3', '-7', '9007199254740993', '-4611686018427387904', '7', 'null']
const ints = [0, 1, -1, 2_147_483_647, -2_147_483_648, null]
const doubles = [
  '0.0',
  '-0.5',
  '0.5',
  '2.5',
  '-2.5',
  '1.25',
  '1e20',
  '-1e300',
  '0.1',
  '9007199254740993',
  'null',
]
const decimals = ['0.00', '0.05', '-12345678.90', '99999999.99', '0.50', 'null']
const flags = [true, false, null]

/** Every value of every list meets others in some row. */
function records(): readonly string[] {
  const pick = <T>(list: readonly T[], index: number, step: number): T => list[(index * step) % list.length]!
  return Array.from({ length: 120 }, (_, index) => {
    const at = new Date(Date.UTC(2024, 0, 1) + index * 1000).toISOString()
    const other = index % 4 === 0 ? null : new Date(Date.UTC(2024, 0, 1) + index * 997).toISOString()
    const [s, t] = [pick(texts, index, 1), pick(texts, index, 7)].map((text) => JSON.stringify(text))
    return `{"at":"${at}","other":${JSON.stringify(other)},"a":${pick(longs, index, 1)},"b":${pick(longs, index, 3)},"i":${pick(ints, index, 1)},"d":${pick(doubles, index, 1)},"m":${pick(decimals, index, 1)},"s":${s},"t":${t},"o":${pick(flags, index, 1)},"order":${index}}`
  })
}

/** Numbers of more than 15 digits are compared as their digits. */
function exact(json: string): Readonly<Record<string, unknown>> {
  return JSON.parse(json.replaceAll(/(?<=":)-?\d{16,}(?=[,}])/g, '"$&"'))
}

describe.skipIf(local === null)('values', () => {
  let lab: Lab
  let engine: EmbeddedEngine
  beforeAll(async () => {
    lab = new Lab(endpointsOf(local!))
    engine = await openEngine()
  })
  afterAll(async () => {
    engine.close()
    await lab.clear()
  })

  async function onFlink(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const name = lab.name()
    await lab.topics({ [`${name}_in`]: 1, [`${name}_out`]: 1 })
    await lab.send(`${name}_in`, 0, records())
    await lab.runBounded(compiled(yaml, name))
    return (await lab.texts(`${name}_out`)).map(exact)
  }

  async function embedded(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { output } = compile(yaml.replaceAll('NAME', 'values'))
    const input = openTextInput(records().join('\n'))
    const sql = output!.files.get('duckdb/query.sql')!
    const { columns, rows } = await engine.collect({ sql, input: input.path, flush: true })
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, plain(row[index])])))
  }

  test('are the same as those of the embedded engine, row by row', async () => {
    const [flink, duckdb] = [await onFlink(), await embedded()]
    const start = (row: Readonly<Record<string, unknown>>): number => Number(row.window_start)
    const sorted = [...flink].sort((a, b) => start(a) - start(b))
    expect(sorted.map(comparable)).toEqual([...duckdb].sort((a, b) => start(a) - start(b)).map(comparable))
  })
})

function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  return Number.isSafeInteger(Number(value)) && String(value).length < 16 ? Number(value) : String(value)
}

/** Decimals come as digits from one and as numbers from the other; -0 equals 0. */
const decimalColumns = new Set(['absolute_decimal', 'decimal_sum', 'decimal_less', 'wider', 'total'])

function comparable(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (decimalColumns.has(name)) return [name, value === null ? null : Number(value)]
      return [name, value === 0 ? 0 : value]
    }),
  )
}
