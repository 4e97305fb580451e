import { expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { pipelines } from '../fixtures/pipelines.ts'

test('a value with a big integer deep inside is shown and refused', () => {
  const text = pipelines.hopping.replace('pick: [1.5, 20, 99.99]', 'pick: [[9223372036854775807]]')
  const [first] = compile(text).diagnostics.filter((each) => each.severity === 'error')
  expect(first?.message).toBe('["9223372036854775807"] is not a value of "amount" (decimal(10,2)).')
})
