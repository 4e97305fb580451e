import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compile } from '../../../compiler/compile.ts'
import { syntaxErrors } from './ksqldb-grammar.ts'

const cases = new URL('../../cases/', import.meta.url)

test('the statements of every case are read by ksqlDB’s own grammar', () => {
  const texts = readdirSync(cases).flatMap((name) => {
    const { output } = compile(readFileSync(new URL(`${name}/pipeline.yaml`, cases)))
    return output?.files.get('ksqldb/statements.sql') ?? []
  })
  expect(texts.length).toBeGreaterThan(0)
  for (const text of texts) expect(syntaxErrors(text)).toEqual([])
})

test('and so are those of the example that everyone starts from', () => {
  const { output } = compile(readFileSync(new URL('../../../pipeline.yaml', import.meta.url)))
  expect(syntaxErrors(output?.files.get('ksqldb/statements.sql') ?? 'nothing')).toEqual([])
})
