import { describe, expect, test } from 'vitest'
import { catalog } from '../compiler/diagnostics/catalog.ts'
import { accepted, caseNames, produced } from './golden.ts'

describe.each(caseNames())('%s', (name) => {
  const actual = produced(name)
  const golden = accepted(name)

  test('gives the accepted files, no more and no fewer', () => {
    expect([...actual.keys()].sort(), `npm run accept -- ${name}`).toEqual([...golden.keys()])
  })

  for (const [path, text] of golden) {
    test(path, () => expect(actual.get(path), `npm run accept -- ${name}`).toBe(text))
  }

  test('gives the same bytes again', () => {
    expect([...produced(name)]).toEqual([...actual])
  })
})

/** No text file can show these: they have tests of their own in tests/compiler/source.test.ts. */
const beyondText = ['file-too-large', 'invalid-utf8', 'too-many-nodes']

test('every code of the catalogue has a case', () => {
  const shown = caseNames().flatMap((name) => [...(accepted(name).get('diagnostics.txt') ?? '').split('\n')])
  const codes = new Set(
    shown.map((line) => /^pipeline\.yaml:\d+:\d+ (?:error|warning) (\S+)$/.exec(line)?.[1]),
  )
  expect(Object.keys(catalog).filter((code) => !codes.has(code) && !beyondText.includes(code))).toEqual([])
})
