import { expect, test } from 'vitest'
import type { PatternPart, TimeFormat } from '../../compiler/ir.ts'
import { timeMatcher, timeWriter } from '../../runtime/produce/time-text.ts'

const seconds: readonly PatternPart[] = [
  { kind: 'yyyy' },
  { kind: 'text', text: '-' },
  { kind: 'MM' },
  { kind: 'text', text: '-' },
  { kind: 'dd' },
  { kind: 'text', text: ' ' },
  { kind: 'HH' },
  { kind: 'text', text: ':' },
  { kind: 'mm' },
  { kind: 'text', text: ':' },
  { kind: 'ss' },
]

function pattern(...parts: readonly PatternPart[]): TimeFormat {
  return { kind: 'pattern', pattern: '', parts }
}

function read(format: TimeFormat, millis: number, zone = 'UTC'): unknown {
  return JSON.parse(timeWriter(format, zone)(millis))
}

test('numbers of milliseconds and of whole seconds', () => {
  expect(read({ kind: 'epoch_millis' }, 1_704_067_200_999)).toBe(1_704_067_200_999)
  expect(read({ kind: 'epoch_seconds' }, 1_704_067_200_999)).toBe(1_704_067_200)
  expect(read({ kind: 'epoch_seconds' }, -1)).toBe(-1)
})

test('ISO-8601 is what Date writes, before 1970 too', () => {
  const write = timeWriter({ kind: 'iso8601' }, 'UTC')
  for (const millis of [0, 1, 999, 1000, -1, -999, -1000, -1001, 1_704_067_199_999, 253_402_300_799_999]) {
    expect(JSON.parse(write(millis))).toBe(new Date(millis).toISOString())
  }
})

test('a pattern with and without milliseconds, wherever they stand', () => {
  expect(read(pattern(...seconds), 1_704_067_200_042)).toBe('2024-01-01 00:00:00')
  expect(read(pattern(...seconds, { kind: 'text', text: '.' }, { kind: 'SSS' }), 1_704_067_200_042)).toBe(
    '2024-01-01 00:00:00.042',
  )
  expect(read(pattern({ kind: 'SSS' }, { kind: 'text', text: '"\\' }, { kind: 'SSS' }), 7)).toBe('007"\\007')
})

test('a zone writes what its clocks show, across both changes of the year', () => {
  const write = timeWriter(pattern(...seconds), 'Europe/Berlin')
  const at = (iso: string): unknown => JSON.parse(write(Date.parse(iso)))
  expect(at('2024-03-31T00:59:59Z')).toBe('2024-03-31 01:59:59')
  expect(at('2024-03-31T01:00:00Z')).toBe('2024-03-31 03:00:00')
  expect(at('2024-10-27T00:59:59Z')).toBe('2024-10-27 02:59:59')
  expect(at('2024-10-27T01:00:00Z')).toBe('2024-10-27 02:00:00')
  expect(read(pattern(...seconds), Date.parse('2024-01-01T00:00:00Z'), 'Asia/Kathmandu')).toBe(
    '2024-01-01 05:45:00',
  )
})

test('a year of five digits is refused', () => {
  expect(() => timeWriter({ kind: 'iso8601' }, 'UTC')(253_402_300_800_000)).toThrow(RangeError)
})

test('a literal time has the shape of the source', () => {
  const matches = timeMatcher(pattern(...seconds))
  expect(matches('2024-01-01 00:00:00')).toBe(true)
  expect(matches('2024-01-01T00:00:00')).toBe(false)
  expect(matches('2024-01-01 00:00:00.000')).toBe(false)
  expect(timeMatcher({ kind: 'epoch_millis' })('5')).toBe(false)
})
