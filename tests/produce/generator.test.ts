import { expect, test } from 'vitest'
import type { Field, Generator, GeneratorRule, Source, Type } from '../../compiler/ir.ts'
import { isFailure } from '../../runtime/failure.ts'
import { createGenerator, fixedStart, type GeneratorOptions } from '../../runtime/produce/generator.ts'
import { demo, demoUsers } from '../fixtures/demo.ts'

const at = { start: 0, end: 0 }
const spread = { kind: 'spread', startMillis: fixedStart, eventsPerSecond: 1000 } as const

async function records(
  count: number,
  {
    source = demo.source,
    generator = demo.generator,
  }: { source?: Source; generator?: Generator | null } = {},
  options: Partial<GeneratorOptions> = {},
) {
  const made = await createGenerator(source, generator, { seed: 1, clock: spread, ...options })
  return Array.from({ length: count }, () => made.next())
}

function sourceOf(...fields: [string, Type][]): Source {
  return {
    ...demo.source,
    key: null,
    fields: fields.map(([name, type]): Field => ({ name, type, at })),
    eventTime: { ...demo.source.eventTime, field: fields[0]![0] },
  }
}

/** The values of a single field x under one rule. */
async function valuesOf(type: Type, rule: GeneratorRule, count = 1, nullRate = 0): Promise<unknown[]> {
  const generator = { fields: [{ name: 'x', rule, nullRate, at }] }
  const made = await records(count, { source: sourceOf(['x', type]), generator })
  return made.map(({ value }) => JSON.parse(value).x)
}

async function refusal(type: Type, rule: GeneratorRule): Promise<string> {
  const error = await valuesOf(type, rule).catch((thrown: unknown) => thrown)
  if (!isFailure(error)) throw new Error(`no Failure but ${String(error)}`)
  return `${error.message} ${error.next}`
}

test('the demo: ten users, the one with digit n pays n times 10 and 0 pays 100', async () => {
  for (const { key, value } of await records(2_000)) {
    const row = JSON.parse(value)
    expect(demoUsers).toContain(row.user_id)
    expect(key).toBe(row.user_id)
    const digit = Number(row.user_id[0])
    expect(row.total_paid).toBe(digit === 0 ? 100 : digit * 10)
    expect(['Paid', 'Refused']).toContain(row.status)
    expect(row.transaction_id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  }
})

test('every user and both statuses come up about equally often', async () => {
  const rows = (await records(20_000)).map(({ value }) => JSON.parse(value))
  for (const user of demoUsers) {
    const share = rows.filter(({ user_id }) => user_id === user).length / rows.length
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThan(0.12)
  }
})

test('a seed makes the same records again, another seed others', async () => {
  const [first, again, other] = [await records(500), await records(500), await records(500, {}, { seed: 2 })]
  expect(again).toEqual(first)
  expect(other).not.toEqual(first)
  expect(new Set(first.map(({ value }) => JSON.parse(value).transaction_id)).size).toBe(500)
})

test('two generators of one seed do not disturb each other', async () => {
  const options = { seed: 1, clock: spread }
  const [one, two] = [
    await createGenerator(demo.source, demo.generator, options),
    await createGenerator(demo.source, demo.generator, options),
  ]
  for (let turn = 0; turn < 50; turn++) expect(one.next()).toEqual(two.next())
})

test('fields stand in the order of the source, whatever looks up what', async () => {
  const [first] = await records(1)
  expect(Object.keys(JSON.parse(first!.value))).toEqual(demo.source.fields.map(({ name }) => name))
})

test('event times are spread from a fixed start', async () => {
  const made = await records(2_500)
  const times = made.map(({ value }) => JSON.parse(value).event_timestamp)
  expect([times[0], times[1], times[2_499]]).toEqual([
    '2024-01-01 00:00:00.000',
    '2024-01-01 00:00:00.001',
    '2024-01-01 00:00:02.499',
  ])
})

test('by the clock on the wall all times of a record are one', async () => {
  let now = 1_700_000_000_000
  const source = sourceOf(['a', { kind: 'timestamp' }], ['b', { kind: 'timestamp' }])
  const clock = { kind: 'wall', now: () => now++ } as const
  const rows = (await records(3, { source, generator: null }, { clock })).map(({ value }) =>
    JSON.parse(value),
  )
  for (const { a, b } of rows) expect(a).toBe(b)
})

test('weights decide how often a value is picked', async () => {
  const values = await valuesOf(
    { kind: 'string' },
    { kind: 'pick', values: ['a', 'b', 'c'], weights: [8, 2, 0] },
    5_000,
  )
  const share = values.filter((value) => value === 'a').length / values.length
  expect(share).toBeGreaterThan(0.77)
  expect(share).toBeLessThan(0.83)
  expect(values).not.toContain('c')
})

test('null_rate is the share of nulls', async () => {
  const values = await valuesOf({ kind: 'int' }, { kind: 'value', value: 7 }, 5_000, 0.25)
  const share = values.filter((value) => value === null).length / values.length
  expect(share).toBeGreaterThan(0.22)
  expect(share).toBeLessThan(0.28)
})

test('a null key field makes a record without key', async () => {
  const fields = demo.generator!.fields.map((field) =>
    field.name === 'user_id' ? { ...field, nullRate: 1 } : field,
  )
  const [first] = await records(1, { generator: { fields } })
  expect(first!.key).toBeNull()
  expect(JSON.parse(first!.value)).toMatchObject({ user_id: null, total_paid: null })
})

test('processes that share a sequence take turns, and draw other random values', async () => {
  const source = sourceOf(['x', { kind: 'bigint' }])
  const generator = {
    fields: [{ name: 'x', rule: { kind: 'sequence', start: 10, step: 5 } as const, nullRate: 0, at }],
  }
  const of = async (index: number) =>
    (await records(3, { source, generator }, { share: { index, of: 2 } })).map(({ value }) => value)
  expect(await of(0)).toEqual(['{"x":10}', '{"x":20}', '{"x":30}'])
  expect(await of(1)).toEqual(['{"x":15}', '{"x":25}', '{"x":35}'])
  const demoOf = (index: number) => records(20, {}, { share: { index, of: 2 } })
  expect(await demoOf(0)).not.toEqual(await demoOf(1))
})

test('any faker method, with arguments', async () => {
  const rule = { kind: 'faker', method: 'number.int', arguments: [{ min: 3, max: 4 }] } as const
  expect(new Set(await valuesOf({ kind: 'int' }, rule, 100))).toEqual(new Set([3, 4]))
  const [name] = await valuesOf(
    { kind: 'string' },
    { kind: 'faker', method: 'person.fullName', arguments: [] },
  )
  expect(name).toMatch(/\w+ \w+/)
  const [day] = await valuesOf(
    { kind: 'timestamp' },
    { kind: 'faker', method: 'date.recent', arguments: [{ days: 1 }] },
  )
  expect(day).toMatch(/^2023-12-31 \d\d:\d\d:\d\d\.\d{3}$/)
  const price = { kind: 'faker', method: 'commerce.price', arguments: [] } as const
  expect(await valuesOf({ kind: 'decimal', precision: 10, scale: 2 }, price)).toEqual([expect.any(Number)])
})

test('fields without a rule get something sensible', async () => {
  const source = sourceOf(
    ['t', { kind: 'timestamp' }],
    ['s', { kind: 'string' }],
    ['b', { kind: 'boolean' }],
    ['i', { kind: 'int' }],
    ['l', { kind: 'bigint' }],
    ['d', { kind: 'double' }],
    ['m', { kind: 'decimal', precision: 5, scale: 3 }],
  )
  const [first] = await records(1, { source, generator: null })
  expect(JSON.parse(first!.value)).toEqual({
    t: '2024-01-01 00:00:00.000',
    s: expect.stringMatching(/^s-\d$/),
    b: expect.any(Boolean),
    i: expect.any(Number),
    l: expect.any(Number),
    d: expect.any(Number),
    m: expect.any(Number),
  })
})

test('names and values that need escaping stay JSON', async () => {
  const source = sourceOf(['a"\\\n', { kind: 'string' }])
  const rule = { kind: 'pick', values: ['"quoted"\u2028\\'], weights: null } as const
  const [first] = await records(1, {
    source: { ...source, key: 'a"\\\n' },
    generator: { fields: [{ name: 'a"\\\n', rule, nullRate: 0, at }] },
  })
  expect(JSON.parse(first!.value)).toEqual({ 'a"\\\n': '"quoted"\u2028\\' })
  expect(first!.key).toBe('"quoted"\u2028\\')
})

test('bigints keep every digit', async () => {
  const generator = {
    fields: [{ name: 'x', rule: { kind: 'value', value: 9223372036854775807n } as const, nullRate: 0, at }],
  }
  const [first] = await records(1, { source: sourceOf(['x', { kind: 'bigint' }]), generator })
  expect(first!.value).toBe('{"x":9223372036854775807}')
})

test('an unknown faker method is refused with the nearest one', async () => {
  expect(await refusal({ kind: 'string' }, { kind: 'faker', method: 'string.uid', arguments: [] })).toContain(
    'faker has no method "string.uid", which generator field "x" names. Did you mean "string.uuid"?',
  )
  for (const method of [
    'constructor',
    'string.constructor',
    '__proto__.toString',
    'seed',
    'string',
    'a.b.c',
  ]) {
    expect(await refusal({ kind: 'string' }, { kind: 'faker', method, arguments: [] })).toContain('no method')
  }
})

test('arguments that faker refuses are told before the first record', async () => {
  const rule = { kind: 'faker', method: 'number.int', arguments: [{ min: 9, max: 1 }] } as const
  expect(await refusal({ kind: 'int' }, rule)).toContain("faker's number.int refuses its arguments")
})

test('a faker value of another type names the field and the type', async () => {
  const rule = { kind: 'faker', method: 'person.fullName', arguments: [] } as const
  expect(await refusal({ kind: 'int' }, rule)).toMatch(/"x" \(int\): ".*" is not a whole number/)
  expect(await refusal({ kind: 'int' }, { kind: 'faker', method: 'number.float', arguments: [] })).toContain(
    'whole',
  )
  expect(
    await refusal({ kind: 'string' }, { kind: 'faker', method: 'airline.airport', arguments: [] }),
  ).toContain('a string')
})

test('a lookup without an entry is refused when it happens', async () => {
  const source = sourceOf(['x', { kind: 'string' }], ['y', { kind: 'int' }])
  const generator: Generator = {
    fields: [
      { name: 'x', rule: { kind: 'value', value: 'other' }, nullRate: 0, at },
      { name: 'y', rule: { kind: 'lookup', field: 'x', values: { known: 1 } }, nullRate: 0, at },
    ],
  }
  await expect(records(1, { source, generator })).rejects.toThrow('has no value for x = "other"')
})

test('ids are random UUIDs of version 4 by every bit that may vary', async () => {
  const ids = (await records(4_000)).map(
    ({ value }) => JSON.parse(value).transaction_id.replaceAll('-', '') as string,
  )
  expect(new Set(ids).size).toBe(4_000)
  for (let place = 0; place < 32; place++) {
    const digits = new Set(ids.map((id) => id[place]))
    expect(digits.size).toBe(place === 12 ? 1 : place === 16 ? 4 : 16)
  }
})
