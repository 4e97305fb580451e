/** The conformance suite as CI runs it: one process of the test runner, which starts and ends its engines. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { outcomeOf } from './child.ts'
import type { Ending } from './ending.ts'
import { rowsWithoutEngines } from './engines.ts'
import type { Row } from './row.ts'

const minutesPromised = 20
const what = 'conformance: 200 pipelines on Flink, 60 of them on Spark, start and end of the engines included'

interface Report {
  readonly numPassedTests: number
}

export async function benchConformance(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines([what])
  if (without !== null) return without
  const report = join(ending.folder(), 'report.json')
  const { PIPEC_ENGINES: _, ...env } = process.env
  const began = Date.now()
  const child = spawn(
    process.execPath,
    [resolve('node_modules/vitest/vitest.mjs'), 'run', '--project', 'conformance'],
    {
      env: { ...env, CI: 'true', PIPEC_REQUIRE_ENGINES: '1', PIPEC_TEST_REPORT: report },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const { code, out } = await outcomeOf(child, ending, 'SIGINT')
  const minutes = (Date.now() - began) / 60_000
  if (code !== 0) throw new Error(`the suite ended with ${code}: ${out.slice(-4000)}`)
  const { numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as Report
  return [
    {
      what,
      measured: `${minutes.toFixed(1)} min, ${numPassedTests} tests`,
      floor: '',
      bound: `within ${minutesPromised} min`,
      holds: minutes <= minutesPromised,
    },
  ]
}
