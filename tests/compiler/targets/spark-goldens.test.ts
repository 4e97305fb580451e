import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compile } from '../../../compiler/compile.ts'
import { hasPython, parsePython, syntaxErrors } from './spark-grammar.ts'

const cases = new URL('../../cases', import.meta.url).pathname

/** The scripts of every case that compiles, and of the example at the root. */
function scripts(): ReadonlyMap<string, string> {
  const files = readdirSync(cases).map((name) => `${cases}/${name}/pipeline.yaml`)
  const example = new URL('../../../pipeline.yaml', import.meta.url).pathname
  const found = [...files, example]
    .filter((file) => existsSync(file))
    .map((file) => [file, script(file)] as const)
  return new Map(found.filter((each): each is readonly [string, string] => each[1] !== undefined))
}

function script(file: string): string | undefined {
  return compile(readFileSync(file)).output?.files.get('spark/job.py')
}

test.skipIf(!hasPython)(
  'every script is Python, and every expression in it Spark SQL',
  { timeout: 120_000 },
  () => {
    const all = scripts()
    const parsed = parsePython([...all.values()])
    expect(parsed.length).toBeGreaterThan(0)
    for (const [index, name] of [...all.keys()].entries()) {
      for (const expression of parsed[index]!.expressions) {
        expect(syntaxErrors(expression), `${name}: ${expression}`).toEqual([])
      }
    }
  },
)
