import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { openTextInput } from '../../../runtime/embedded/input.ts'
import { type Compiled, compiled, compute } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

const windows = {
  tumbling: { type: 'tumbling', size: '10ms' },
  hopping: { type: 'hopping', size: '10ms', advance: '5ms' },
  session: { type: 'session', gap: '4ms' },
}

/** Disorder, late rows, refused and malformed records, and an input without any. */
const inputs: readonly (readonly (string | object)[])[] = [
  [{ at: 1, v: 1 }, { at: 3, v: 2 }, '{broken', { at: 40, v: 4 }, { at: 2, v: 8 }],
  [],
  [
    { at: -7, v: 1 },
    { at: 12, v: -5 },
    { at: 9, v: 3 },
    { at: 5, v: 9 },
    { at: 31, v: 1 },
  ],
  [{ at: 100, v: 0 }],
  ['?', { at: 1, v: 6 }, { at: 60, v: -1 }, { at: 3, v: 7 }],
]

describe.each(Object.entries(windows))('parts of one input in %s windows', (_, window) => {
  const sample = compiled({
    fields: { v: 'int' },
    where: 'v >= 0',
    delay: '3ms',
    window,
    metrics: { total: 'sum(v)' },
  })

  test.each([true, false])('give what each gives alone (flush %s)', async (flush) => {
    const alone = []
    for (const records of inputs) alone.push(await ends(await compute(engine, sample, records, flush)))
    expect(await asParts(sample, flush)).toEqual(alone)
    expect(await asParts(sample, flush)).toEqual(alone)
  })
})

test('a part may close its windows where another does not', async () => {
  const sample = compiled({})
  const input = openTextInput('{"at":1}\n{"at":1}\n')
  const rows: number[] = []
  try {
    const parts = [
      { records: 1, flush: true },
      { records: 1, flush: false },
    ]
    await engine.runParts({ sql: sample.sql, input: input.path }, parts, async (some) => {
      rows.push(some.length)
    })
  } finally {
    input.remove()
  }
  expect(rows).toEqual([1, 0])
})

async function ends({ rows }: { readonly rows: readonly Readonly<Record<string, unknown>>[] }) {
  return { rows: rows.map((row) => Object.values(row)), fates: await fates() }
}

async function fates() {
  return engine.query(
    'SELECT fate, record IN (SELECT record FROM placements WHERE late) FROM fates ORDER BY record',
  )
}

async function asParts({ sql }: Compiled, flush: boolean) {
  const lines = inputs.flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  const input = openTextInput(lines.join('\n'))
  const found: unknown[] = []
  try {
    await engine.runParts(
      { sql, input: input.path },
      inputs.map((records) => ({ records: records.length, flush })),
      async (rows) => {
        found.push({ rows, fates: await fates() })
      },
    )
    return found
  } finally {
    input.remove()
  }
}
