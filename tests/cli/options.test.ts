/** Options that do not go together, or are out of range, are told before anything is done. */
import { expect, test } from 'vitest'
import { pipec, temporaryFolder } from '../fixtures/command.ts'

test.each([
  [['run', '--input', 'events.ndjson', '-n', '5'], /--input <file>' cannot be used with option '-n/],
  [['run', '--input', 'events.ndjson', '--seed', '5'], /--input <file>' cannot be used with option '--seed/],
  [['verify', '--input', 'events.ndjson', '-n', '5'], /--input <file>' cannot be used with option '-n/],
  [['verify', '--input', 'events.ndjson', '--plain'], /--input <file>' cannot be used with option '--plain/],
  [['test', '--update', '--engine', 'flink'], /--update' cannot be used with option '--engine/],
  [['run', '--seed', '4294967296'], /'4294967296' is invalid.* It must be below 4294967296/],
  [['run', '-n', '1e3'], /'1e3' is invalid.* It must be a whole number/],
])('%j', async (words, told) => {
  const { code, out, err } = await pipec(words, temporaryFolder())
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(told)
})
