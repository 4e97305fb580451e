import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Window } from '../../../compiler/ir.ts'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { type Compiled, compiled, compute } from '../../fixtures/embedded.ts'
import { model } from '../../model/oracle.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

interface Row {
  readonly at: number
  readonly key: string | null
}

const key = fc.constantFrom(null, 'a', 'b')
const anywhere = fc.record({ at: fc.integer({ min: -20, max: 60 }), key })

/** Time goes on, some rows lag behind it, by more than any delay now and then. */
const drifting = fc
  .array(fc.record({ step: fc.nat(4), lag: fc.integer({ min: -3, max: 30 }), onTime: fc.boolean(), key }), {
    maxLength: 60,
  })
  .map((steps) => {
    let now = 0
    return steps.map(({ step, lag, onTime, key }): Row => {
      now += step
      return { at: onTime ? now : now - lag, key }
    })
  })

const rows: fc.Arbitrary<readonly Row[]> = fc.oneof(fc.array(anywhere, { maxLength: 40 }), drifting)
const length = fc.integer({ min: 1, max: 12 })
const tumbling = fc.record({ kind: fc.constant('tumbling' as const), size: length, offset: fc.nat(11) })
const hopping = fc
  .record({ advance: length, times: fc.integer({ min: 1, max: 4 }), offset: fc.nat(11) })
  .map(({ advance, times, offset }) => ({ kind: 'hopping' as const, size: advance * times, advance, offset }))
const session = length.map((gap) => ({ kind: 'session' as const, gap }))

type Lengths = Window extends infer W ? (W extends Window ? Omit<W, 'at'> : never) : never

function pipelineOf(window: Lengths, delay: number, grouped: boolean): Compiled {
  const parts = Object.entries(window).filter(
    ([part, value]) => part !== 'kind' && !(part === 'offset' && value === 0),
  )
  return compiled({
    fields: { key: 'string', bit: 'bigint' },
    delay: `${delay}ms`,
    window: { type: window.kind, ...Object.fromEntries(parts.map(([part, value]) => [part, `${value}ms`])) },
    groupBy: grouped ? ['key'] : [],
    metrics: { rows: 'count(*)', bits: 'sum(bit)' },
  })
}

/** An offset has to be shorter than the step. */
function shortened<W extends Lengths>(window: W): W {
  if (window.kind === 'session') return window
  return { ...window, offset: window.offset % (window.kind === 'hopping' ? window.advance : window.size) }
}

/** Each row's own bit, so that the sum tells which rows a window holds. */
const bit = (index: number): bigint => 1n << BigInt(index)

async function holdsFor(
  window: Lengths,
  delay: number,
  grouped: boolean,
  flush: boolean,
  inputs: readonly (readonly Row[])[],
): Promise<void> {
  const pipeline = pipelineOf(shortened(window), delay, grouped)
  for (const input of inputs) {
    const lines = input.map(
      ({ at, key }, index) => `{"at":${at},"key":${JSON.stringify(key)},"bit":${bit(index)}}`,
    )
    const { rows, summary } = await compute(engine, pipeline, lines, flush)
    const wanted = model(
      input.map(({ at, key }) => ({ time: BigInt(at), group: grouped ? String(key) : '' })),
      { ...shortened(window), at: { start: 0, end: 0 } } as Window,
      delay,
    )
    const expected = wanted.windows
      .filter(({ closed }) => flush || closed)
      .map(({ start, end, group, rows }) =>
        [start, end, group, rows.length, rows.map(bit).reduce((a, b) => a + b)].join(' '),
      )
    const found = rows.map((row) =>
      [row.window_start, row.window_end, grouped ? String(row.key) : '', row.rows, row.bits].join(' '),
    )
    expect(found.toSorted()).toEqual(expected.toSorted())
    expect(summary.late).toBe(wanted.late.length)
  }
}

test.each([
  ['tumbling', tumbling],
  ['hopping', hopping],
  ['session', session],
] as const)('%s windows are those of the contract', { timeout: 300_000 }, async (_, window) => {
  const inputs = fc.array(rows, { minLength: 25, maxLength: 25 })
  await fc.assert(fc.asyncProperty(window, fc.nat(15), fc.boolean(), fc.boolean(), inputs, holdsFor), {
    numRuns: 30,
  })
})
