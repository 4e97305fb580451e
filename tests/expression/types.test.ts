/** Which types expressions have, and what stands between operands of different ones. */
import { describe, expect, test } from 'vitest'
import { castable } from '../../compiler/expression/casts.ts'
import { parseExpression } from '../../compiler/expression/parser.ts'
import { Complaint } from '../../compiler/expression/tokens.ts'
import { Typer } from '../../compiler/expression/typer.ts'
import { decimal, typeName } from '../../compiler/expression/types.ts'
import type { Field, Type, TypeKind, Value } from '../../compiler/ir.ts'
import { timed } from '../fixtures/processor-time.ts'

const at = { start: 0, end: 0 }
const kinds = ['string', 'boolean', 'int', 'bigint', 'double', 'timestamp'] as const
const fields: Field[] = [
  ...kinds.map((kind) => ({ name: kind[0]!, type: { kind }, at })),
  { name: 'b2', type: { kind: 'bigint' }, at },
  { name: 'm', type: decimal(10, 2), at },
  { name: 'w', type: decimal(38, 10), at },
]
// s string, b boolean, i int, b2 bigint, d double, t timestamp, m and w decimals.
fields.splice(3, 1)

function value(text: string): Value {
  return new Typer(fields, 'rows', (span) => span).value(parseExpression(text))
}

function outcome(text: string): string {
  try {
    return typeName(value(text).type)
  } catch (error) {
    if (error instanceof Complaint) return error.diagnostic.code
    throw error
  }
}

describe('types', () => {
  test.each([
    ['i + i', 'bigint'],
    ['-i', 'bigint'],
    ['i + d', 'double'],
    ['i / i', 'double'],
    ['m / m', 'double'],
    ['m * 2', 'double'],
    ['b2 % i', 'bigint'],
    ['m + i', 'decimal(13,2)'],
    ['m + 1', 'decimal(11,2)'],
    ['m + 0.125', 'decimal(12,3)'],
    ['m + d', 'double'],
    ['m + 1e0', 'double'],
    ['m - m', 'decimal(11,2)'],
    ['w + w', 'decimal-too-wide'],
    ['1.5', 'double'],
    ['1', 'bigint'],
    ["'1'", 'string'],
    ['s || s', 'string'],
    ['i = i', 'boolean'],
    ['i is null', 'boolean'],
    ['case when b then i end', 'int'],
    ['case when b then i else 1 end', 'bigint'],
    ['case when b then m else 1.5 end', 'decimal(10,2)'],
    ['case when b then null else s end', 'string'],
    ['coalesce(i, d)', 'double'],
    ['coalesce(m, 0)', 'decimal(10,2)'],
    ['nullif(s, s)', 'string'],
    ['abs(i)', 'bigint'],
    ['abs(m)', 'decimal(10,2)'],
    ['floor(i)', 'double'],
    ['round(m, 1)', 'double'],
    ['length(s)', 'bigint'],
    ['cast(null as decimal(5,1))', 'decimal(5,1)'],
    ['cast(i as decimal)', 'decimal(10,0)'],
    ['s + 1', 'type-mismatch'],
    ['t - t', 'type-mismatch'],
    ['d % 2', 'type-mismatch'],
    ['i = s', 'not-comparable'],
    ['t = 0', 'not-comparable'],
    ['b < b', 'not-comparable'],
    ['w = 1e0', 'boolean'],
    ["w > '1'", 'not-comparable'],
    ['coalesce(t, 0)', 'no-common-type'],
  ])('%s is %s', (text, expected) => expect(outcome(text)).toBe(expected))
})

describe('literals', () => {
  test.each([
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['-(9223372036854775808)', -9223372036854775808n],
    ['0009', 9n],
  ])('%s', (text, expected) =>
    expect(value(text)).toMatchObject({ literal: { kind: 'integer', value: expected } }),
  )

  test.each([
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999999999',
    '0 - 9223372036854775808',
  ])('%s does not fit', (text) => expect(outcome(text)).toBe('number-out-of-range'))

  test('beside a decimal every digit counts, beside a double it is one', () => {
    const digits = '123456789012345678.25'
    expect(value(`w = ${digits}`)).toMatchObject({
      branches: [{ when: { right: { literal: { kind: 'decimal', digits } } } }, {}],
    })
    expect(value('d + 0.1')).toMatchObject({ right: { literal: { kind: 'double', value: 0.1 } } })
    expect(outcome('1e400')).toBe('not-finite')
  })

  test('a whole number becomes a double where it meets one, without a cast', () => {
    expect(value('d + 1')).toMatchObject({ right: { literal: { kind: 'double', value: 1 } } })
    expect(value('i + d')).toMatchObject({
      left: { kind: 'cast', operand: { kind: 'field' }, type: { kind: 'double' } },
    })
  })
})

describe('casts', () => {
  const all: Record<TypeKind, Type> = {
    string: { kind: 'string' },
    boolean: { kind: 'boolean' },
    int: { kind: 'int' },
    bigint: { kind: 'bigint' },
    double: { kind: 'double' },
    decimal: decimal(10, 2),
    timestamp: { kind: 'timestamp' },
  }
  const allowed = [
    'string bigint',
    'string double',
    'boolean string',
    'int bigint',
    'int double',
    'int decimal',
    'int string',
    'bigint double',
    'bigint decimal',
    'bigint string',
    'double bigint',
    'decimal double',
    'decimal decimal',
  ]

  test('are those that agree on every engine, and no others', () => {
    const pairs = Object.entries(all).flatMap(([from, one]) =>
      Object.entries(all).flatMap(([to, other]) => (castable(one, other) ? [`${from} ${to}`] : [])),
    )
    expect(pairs.sort()).toEqual(allowed.sort())
  })

  test('a decimal may only grow', () => {
    expect(castable(decimal(10, 2), decimal(12, 4))).toBe(true)
    expect(castable(decimal(10, 2), decimal(11, 4))).toBe(false)
    expect(castable(decimal(10, 2), decimal(12, 1))).toBe(false)
  })
})

describe('time', () => {
  test('conditions within conditions do not double for ever', () => {
    let nested = 'b'
    for (let depth = 0; depth < 60; depth++) nested = `(${nested} is null)`
    const { value, millis } = timed(() => outcome(nested))
    expect(value).toBe('expression-too-complex')
    expect(millis).toBeLessThan(2000)
  })
})
