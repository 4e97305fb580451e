import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
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

/** Of every golden below tests/, because other files than pipelines have complaints of the catalogue too. */
function shownCodes(): ReadonlySet<string | undefined> {
  const folder = new URL('.', import.meta.url).pathname
  const lines = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'diagnostics.txt')
    .flatMap((path) => readFileSync(join(folder, path), 'utf8').split('\n'))
  return new Set(lines.map((line) => /^\S+:\d+:\d+ (?:error|warning) (\S+)$/.exec(line)?.[1]))
}

test('every code of the catalogue has a case', () => {
  const shown = shownCodes()
  const missing = Object.keys(catalog).filter((code) => !shown.has(code) && !beyondText.includes(code))
  expect(missing).toEqual([])
})
