import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { features } from '../../../compiler/features.ts'
import { render } from '../../../compiler/render.ts'
import { duckdb } from '../../../compiler/targets/duckdb/target.ts'
import type { Artifact } from '../../../compiler/targets/target.ts'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { demo } from '../../fixtures/demo.ts'
import { compiled, compute } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

function textOf(artifact: Artifact): string {
  if (!('template' in artifact)) throw new TypeError(artifact.path)
  return render(artifact.template, artifact.view)
}

test('it can do everything that a pipeline may ask for', () => {
  expect(duckdb.capabilities).toEqual(
    Object.fromEntries(Object.keys(features).map((feature) => [feature, 'yes'])),
  )
})

test('one file, nothing to apply, nothing to start; the same bytes each time', () => {
  const [query, ...others] = duckdb.emit(demo)
  expect(query!.path).toBe('duckdb/query.sql')
  expect(others).toEqual([])
  expect(duckdb.resources(demo)).toEqual([])
  expect(duckdb.services(demo)).toEqual({ services: {}, volumes: [] })
  expect(textOf(query!)).toBe(textOf(duckdb.emit(structuredClone(demo))[0]!))
})

test('the demo by hand: (100 + 10) / 2 in the first window, a late row left out', async () => {
  const row = (second: number, paid: number, status = 'Paid'): object => ({
    transaction_id: 't',
    user_id: 'u',
    total_paid: paid,
    status,
    event_timestamp: `2024-01-01 00:00:${String(second).padStart(2, '0')}.000`,
  })
  const sql = textOf(duckdb.emit(demo)[0]!)
  const records = [
    row(0, 100),
    row(2, 10),
    row(1, 70, 'Refused'),
    row(30, 1, 'Refused'),
    row(7, 20),
    row(2, 5),
    row(8, 30),
    row(1, 999),
    row(11, 40),
  ]
  const start = Date.UTC(2024, 0, 1)
  const { rows, summary } = await compute(engine, { pipeline: demo, sql }, records)
  // The clock stands at 8 when the row of second 1 comes: its window ended at 3, and 3 + 5 <= 8. The one of second 2 came at 7.
  expect(
    rows.map((each) => [
      Number(each.window_start) - start,
      each.total_paid,
      each.total_transactions,
      each.average_paid,
    ]),
  ).toEqual([
    [0, 115n, 3n, 115 / 3],
    [6_000, 50n, 2n, 25],
    [9_000, 40n, 1n, 40],
  ])
  expect(summary).toMatchObject({ records: 9, malformed: 0, filteredOut: 2, late: 1 })
})

test("fields may have the names of the script's own columns and tables", async () => {
  const names = [
    'json',
    'exact',
    'found',
    'digits',
    'kept',
    'clock',
    'late',
    'shift',
    'arrival',
    'horizon',
    'opens',
    'session',
    'earliest',
    'reach',
    'settled',
    'joined',
    'moved',
    'grouped',
    'last',
    'rowid',
    'records',
    'placed',
    'sessions',
    'stream',
    'Kept_',
    'metric',
    'total',
    'millis',
  ]
  const fields = Object.fromEntries(
    names.map((name, index) => [name, index % 3 === 0 ? 'decimal(9,2)' : 'int']),
  )
  const metrics = Object.fromEntries(names.map((name) => [name, `sum(\`${name}\`)`]))
  const record = `{"at":1,${names.map((name, index) => `${JSON.stringify(name)}:${index}`).join()}}`
  for (const window of [
    { type: 'tumbling', size: '5ms' },
    { type: 'hopping', size: '5ms', advance: '5ms' },
    { type: 'session', gap: '5ms' },
  ]) {
    const { rows } = await compute(engine, compiled({ fields, metrics, window }), [record])
    expect(names.map((name) => Number(rows[0]![name]))).toEqual(names.map((_, index) => index))
  }
})

/** Whatever could end a name, a string, a comment or a path, and plain text. */
const dangerous = fc.constantFrom(
  "'",
  '"',
  '`',
  '\\',
  ';',
  '--',
  '/*',
  '*/',
  '${x}',
  '{{x}}',
  '{{{',
  "'''",
  '"""',
  '/',
  '~',
  '~1',
  '$',
  '.',
  '[0]',
  '*',
  '%',
  '#',
  '?',
  ' ',
  'é',
  '😀',
  '$$',
  "');DROP TABLE records;--",
  '--\u00a0',
)
const hostile = fc
  .array(fc.oneof(dangerous, fc.string({ unit: 'binary', maxLength: 4 })), { minLength: 1, maxLength: 6 })
  .map((parts) =>
    parts
      .join('')
      .replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]/gu, '')
      .slice(0, 60),
  )
  .filter(
    (text) =>
      !/\p{Surrogate}/u.test(text) &&
      text.trim() !== '' &&
      !['__proto__', 'constructor', 'prototype'].includes(text),
  )

/** Names in backticks double the backticks in them. */
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

test('hostile names and literals stay where they stand', { timeout: 120_000 }, async () => {
  const names = fc.uniqueArray(hostile, {
    minLength: 4,
    maxLength: 4,
    selector: (each) => each.toLowerCase(),
  })
  await fc.assert(
    fc.asyncProperty(
      names,
      hostile,
      fc.boolean(),
      async ([group, amount, flag, metric], literal, session) => {
        fc.pre(
          [group, amount, flag, metric].every(
            (each) => !['at', 'window_start', 'window_end'].includes(each!.toLowerCase()),
          ),
        )
        const pipeline = compiled({
          fields: { [group!]: 'string', [amount!]: 'decimal(18,2)', [flag!]: 'boolean' },
          where: `${quoted(group!)} = '${literal.replaceAll("'", "''")}' or ${quoted(group!)} like '%${literal.replaceAll("'", "''").replaceAll(/[%_!]/g, '!$&')}' escape '!'`,
          groupBy: [group!],
          metrics: { [metric!]: `sum(${quoted(amount!)})`, flags: `count(${quoted(flag!)})` },
          window: session ? { type: 'session', gap: '5ms' } : { type: 'tumbling', size: '5ms' },
        })
        const { rows, summary } = await compute(engine, pipeline, [
          { at: 1, [group!]: literal, [amount!]: 1.5, [flag!]: true },
          { at: 1, [group!]: literal, [amount!]: 2 },
          { at: 2, [group!]: `x${literal}` },
          { at: 2, [group!]: `${literal}x`, [amount!]: 3 },
          { at: 2, [group!]: 5 },
        ])
        expect(summary).toMatchObject({ records: 5, malformed: 1 })
        const own = rows.find((each) => each[group!] === literal)
        expect(own).toMatchObject({ [metric!]: '3.50', flags: 1n })
      },
    ),
    { numRuns: 150 },
  )
})
