/** A golden is not the truth: those for Flink and DuckDB are read by their own parsers here, as the others' are beside their targets. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { syntaxErrors } from './compiler/targets/flink-grammar.ts'
import { temporaryFolder } from './fixtures/command.ts'
import { accepted, caseNames } from './golden.ts'

function goldens(path: string): [string, string][] {
  return caseNames().flatMap((name) => {
    const text = accepted(name).get(`expected/${path}`)
    return text === undefined ? [] : [[name, text]]
  })
}

describe('Flink SQL', () => {
  test.each(goldens('flink/job.sql'))('%s', (_, text) => expect(syntaxErrors(text)).toEqual([]))
})

describe('DuckDB SQL runs, on no rows and on lines that are no rows', () => {
  test.each(goldens('duckdb/query.sql'))('%s', async (_, text) => {
    const connection = await (await DuckDBInstance.create()).connect()
    for (const lines of ['', '{}\n[]\n{"at": 5}\nnull\n{broken\n']) {
      const input = join(temporaryFolder(), 'events.ndjson')
      writeFileSync(input, lines)
      await connection.run(`SET VARIABLE input = '${input}'`)
      await connection.run(text)
    }
    connection.closeSync()
  })
})
