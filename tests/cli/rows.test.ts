import { expect, test } from 'vitest'
import { rowWriter } from '../../cli/views/rows.ts'
import type { OutputColumn, OutputRow } from '../../runtime/embedded/rows.ts'

const columns: readonly OutputColumn[] = [
  { name: 'window_start', kind: 'integer' },
  { name: 'city', kind: 'string' },
  { name: 'n', kind: 'integer' },
]

function table(rows: readonly OutputRow[]): readonly string[] {
  const writer = rowWriter('table', new Set(['window_start']))
  return (writer.rows(rows, columns) + writer.end(columns)).split('\n')
}

test('columns are as wide as they look, and nothing drives the terminal', () => {
  expect(
    table([
      [0n, '東京', 1n],
      [1n, '\u001b[31mé\n', 20n],
      [2n, null, 3n],
    ]),
  ).toEqual([
    '┌──────────────────────────┬──────────────────┬────┐',
    '│ window_start             │ city             │  n │',
    '├──────────────────────────┼──────────────────┼────┤',
    '│ 1970-01-01T00:00:00.000Z │ 東京             │  1 │',
    '│ 1970-01-01T00:00:00.001Z │ \\u{1b}[31mé\\u{a} │ 20 │',
    '│ 1970-01-01T00:00:00.002Z │ null             │  3 │',
    '└──────────────────────────┴──────────────────┴────┘',
    '',
  ])
})

test('two hundred thousand windows make a table', () => {
  const rows = Array.from({ length: 200_000 }, (_, index): OutputRow => [BigInt(index), 'x', 1n])
  expect(table(rows).length).toBe(200_005)
})
