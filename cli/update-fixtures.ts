/** Puts what came out into a fixture file, and leaves its comments and layout alone. */
import { type Document, isMap, parseDocument } from 'yaml'
import type { Arrival, Fate } from '../compiler/fixtures.ts'
import type { OutputValue } from '../runtime/embedded/rows.ts'
import type { Outcome } from '../runtime/fixtures/judge.ts'

export function updatedFixtures(text: string, outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return text
  const document = parseDocument(text, { intAsBigInt: true })
  for (const outcome of outcomes) updateCase(document, outcome)
  return document.toString({ lineWidth: 110, flowCollectionPadding: true })
}

function updateCase(document: Document, outcome: Outcome): void {
  const { fixture, fates } = outcome
  if (outcome.missing.length > 0 || outcome.extra.length > 0) updateExpected(document, outcome)
  const records = fixture.input.filter(
    (each): each is Extract<Arrival, { kind: 'record' }> => each.kind === 'record',
  )
  records.forEach(({ path, fate }, index) => {
    setFate(document, path, fate, fates[index] ?? 'malformed')
  })
}

function updateExpected(document: Document, { fixture, rows }: Outcome): void {
  const columns = new Set(fixture.expect.flatMap((row) => Object.keys(row)))
  const wanted = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column]) => columns.size === 0 || columns.has(column))
        .map(([column, value]) => [column, cell(column, value)]),
    ),
  )
  const list = document.createNode(wanted)
  for (const item of list.items) if (isMap(item)) item.flow = true
  document.setIn([...fixture.path, 'expect'], list)
}

function setFate(
  document: Document,
  path: readonly (string | number)[],
  said: Fate | null,
  actual: Fate,
): void {
  const loud = actual === 'late' || actual === 'malformed'
  if (loud || said !== null) document.setIn([...path, 'fate'], actual)
}

function cell(column: string, value: OutputValue): unknown {
  if (column !== 'window_start' && column !== 'window_end') return value
  return new Date(Number(value)).toISOString()
}
