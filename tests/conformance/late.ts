/** Whether a topic of late rows holds the records that the rule says are late, each field as its record had it. */
import { type Difference, Digits, parse } from './compare.ts'
import type { Prepared } from './prepare.ts'

export function lateDifferences({ of, late }: Prepared, actual: readonly string[]): readonly Difference[] {
  const expected = late.map((line) => canonical(line, of.parts.fields))
  const found = actual.map((line) => canonical(line, of.parts.fields))
  return [
    ...without(expected, found).map((row) => ({ expected: row, actual: null, columns: [] })),
    ...without(found, expected).map((row) => ({ expected: null, actual: row, columns: [] })),
  ]
}

function canonical(line: string, fields: Readonly<Record<string, string>>): string {
  const row = parse(line)
  const entries = Object.entries(fields).map(([name, type]) => [name, shown(row[name] ?? null, type)])
  return JSON.stringify(Object.fromEntries(entries))
}

function shown(value: unknown, type: string): unknown {
  if (!(value instanceof Digits)) return value
  if (type === 'double') return Number(value.text) + 0
  return value.text.replace(/\.?0+$/, (zeros) =>
    zeros.includes('.') || value.text.includes('.') ? '' : zeros,
  )
}

/** What the one list has more of than the other. */
function without(one: readonly string[], other: readonly string[]): readonly string[] {
  const left = [...other]
  return one.filter((each) => {
    const index = left.indexOf(each)
    if (index !== -1) left.splice(index, 1)
    return index === -1
  })
}
