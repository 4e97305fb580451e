/** `verify` beside what the slowest engine itself needs for the same records. */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { rowsWithoutEngines, startEngines } from './engines.ts'
import type { Row } from './row.ts'

const records = 100_000
const percentPromised = 20
const what = `verify: ${records.toLocaleString('en')} records through Flink and Spark`

interface Report {
  readonly engines: readonly {
    readonly engine: string
    readonly outcome: string
    readonly engineMillis: number | null
  }[]
}

export async function benchVerify(ending: Ending): Promise<Row[]> {
  const without = await rowsWithoutEngines([what])
  if (without !== null) return without
  const { folder } = await startEngines(['kafka', 'flink', 'spark'], ending)
  copyFileSync('pipeline.yaml', join(folder, 'pipeline.yaml'))
  await pipec(folder, ['build'], ending)
  // Once before: what an engine loads for its first job is no part of what later ones need.
  await run(folder, ending)
  return [rowOf(await run(folder, ending))]
}

async function run(folder: string, ending: Ending): Promise<{ whole: number; engine: string; own: number }> {
  const words = ['verify', '-n', String(records), '--seed', '1', '--json']
  const { out, beganAt, endedAt } = await pipec(folder, words, ending)
  const { engines } = JSON.parse(out) as Report
  if (engines.some(({ outcome }) => outcome !== 'equal')) throw new Error(`verify: ${out.slice(0, 2000)}`)
  const [slowest] = engines
    .map(({ engine, engineMillis }) => ({ engine, own: engineMillis ?? 0 }))
    .sort((one, other) => other.own - one.own)
  return { whole: endedAt - beganAt, ...slowest! }
}

function rowOf({ whole, engine, own }: Awaited<ReturnType<typeof run>>): Row {
  const percent = (100 * (whole - own)) / own
  return {
    what,
    measured: `${(whole / 1000).toFixed(1)} s, ${percent.toFixed(0)} % more than the slowest engine`,
    floor: `${(own / 1000).toFixed(1)} s for ${engine}, from the start of its job to its last row`,
    bound: `at most ${percentPromised} % more`,
    holds: percent <= percentPromised,
  }
}
