import { expect, test } from 'vitest'
import type { Type } from '../../compiler/ir.ts'
import { Misfit, valueWriter } from '../../runtime/produce/value-text.ts'

const int: Type = { kind: 'int' }
const bigint: Type = { kind: 'bigint' }
const double: Type = { kind: 'double' }
const money: Type = { kind: 'decimal', precision: 6, scale: 2 }

function text(type: Type, value: unknown, literal = true): string {
  return valueWriter(type, { time: String, isTime: (candidate) => candidate === 'noon', literal })(value)
}

test.each([
  [int, 2147483647, '2147483647'],
  [int, -2147483648n, '-2147483648'],
  [int, '12', '12'],
  [bigint, -9223372036854775808n, '-9223372036854775808'],
  [double, 0.1, '0.1'],
  [double, 1e21, '1e+21'],
  [double, 3n, '3'],
  [money, 9999.99, '9999.99'],
  [money, 5, '5.00'],
  [money, '0012.5', '12.50'],
  [money, '-000', '-0.00'],
  [money, -0.05, '-0.05'],
  [{ kind: 'string' }, 7n, '"7"'],
  [{ kind: 'string' }, 'ü"', '"ü\\""'],
  [{ kind: 'boolean' }, false, 'false'],
  [{ kind: 'timestamp' }, new Date(5), '5'],
  [{ kind: 'timestamp' }, '1970-01-01T00:00:01Z', '1000'],
  [{ kind: 'timestamp' }, 'noon', '"noon"'],
  [int, null, 'null'],
] as const)('%o takes %s', (type, value, expected) => {
  expect(text(type, value)).toBe(expected)
  expect(() => JSON.parse(expected)).not.toThrow()
})

test.each([
  [int, 2147483648],
  [int, -2147483649n],
  [int, 1.5],
  [int, true],
  [int, '0x10'],
  [bigint, 9223372036854775808n],
  [double, Number.NaN],
  [double, Number.POSITIVE_INFINITY],
  [money, 10000],
  [money, 1.234],
  [money, Number.NaN],
  [{ kind: 'string' }, { a: 1 }],
  [{ kind: 'boolean' }, 1],
  [{ kind: 'timestamp' }, 'yesterday'],
  [{ kind: 'timestamp' }, Number.NaN],
] as const)('%o refuses %s', (type, value) => {
  expect(() => text(type, value)).toThrow(Misfit)
})

test('what faker makes may be rounded to the scale, what a user writes may not', () => {
  expect(text(money, 1.239, false)).toBe('1.24')
  expect(text(money, 1e-7, false)).toBe('0.00')
  expect(() => text(money, 9999.999, false)).toThrow(Misfit)
})
