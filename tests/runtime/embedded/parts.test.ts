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
    const each = []
    for (const records of inputs) each.push(await alone(sample, records, flush))
    expect(await together(sample, flush)).toEqual(each)
    expect(await together(sample, flush)).toEqual(each)
  })
})

const fates = 'SELECT fate, record IN (SELECT record FROM placements WHERE late) FROM fates ORDER BY record'

test('a part may close its windows where another does not', async () => {
  const sample = compiled({})
  const input = openTextInput('{"at":1}\n'.repeat(4))
  try {
    const parts = [true, false, false, true].map((flush) => ({ records: 1, flush }))
    const results = await engine.runParts({ sql: sample.sql, input: input.path }, parts, fates)
    expect(results.map(({ rows }) => rows.length)).toEqual([1, 0, 0, 1])
  } finally {
    input.remove()
  }
})

async function alone(sample: Compiled, records: readonly (string | object)[], flush: boolean) {
  const { rows } = await compute(engine, sample, records, flush)
  return { rows: rows.map((row) => Object.values(row)), looked: await engine.query(fates) }
}

async function together({ sql }: Compiled, flush: boolean) {
  const lines = inputs.flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  const input = openTextInput(lines.join('\n'))
  try {
    const parts = inputs.map((records) => ({ records: records.length, flush }))
    const results = await engine.runParts({ sql, input: input.path }, parts, fates)
    return results.map(({ rows, looked }) => ({ rows, looked }))
  } finally {
    input.remove()
  }
}
