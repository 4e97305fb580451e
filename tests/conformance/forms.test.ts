/** What is generated keeps up with the language: a new function, aggregate or cast without a form is told here. */
import { expect, test } from 'vitest'
import { castable } from '../../compiler/expression/casts.ts'
import { aggregates, functions } from '../../compiler/expression/functions.ts'
import * as types from '../../compiler/expression/types.ts'
import type { Type, Value } from '../../compiler/ir.ts'
import { compiledOrThrow, pipelineText } from './case.ts'
import { generate } from './generate.ts'

const wishes = { seed: 1, rows: 5, metrics: 14, astral: true }
const generated = Array.from({ length: 20 }, (_, index) => generate(wishes, index))
const texts = generated.flatMap(({ parts }) => Object.values(parts.metrics)).join('\n')

test.each([...functions.keys(), ...aggregates, 'coalesce', 'nullif'])('twenty pipelines call %s', (name) => {
  expect(texts).toContain(`${name}(`)
})

test('twenty pipelines hold every conversion that cast allows', () => {
  const all: readonly Type[] = [
    types.string,
    types.boolean,
    types.int,
    types.bigint,
    types.double,
    types.decimal(10, 2),
    types.timestamp,
  ]
  const wanted = all.flatMap((from) =>
    all.filter((to) => castable(from, to)).map((to) => `${from.kind} to ${to.kind}`),
  )
  const found = generated.flatMap(({ parts }) => {
    const { metrics } = compiledOrThrow(pipelineText(parts, 'x', ['flink'])).pipeline
    return metrics.flatMap(({ aggregate }) =>
      aggregate.kind === 'count-rows' ? [] : castsOf(aggregate.argument),
    )
  })
  expect(wanted.filter((each) => !found.includes(each))).toEqual([])
})

/** Wherever they stand: in operands, branches and conditions. */
function castsOf(node: unknown): readonly string[] {
  if (node === null || typeof node !== 'object') return []
  const inner = Object.values(node).flatMap(castsOf)
  if (!isCast(node)) return inner
  return [`${node.operand.type.kind} to ${node.type.kind}`, ...inner]
}

function isCast(node: object): node is Extract<Value, { kind: 'cast' }> {
  return 'kind' in node && node.kind === 'cast'
}
