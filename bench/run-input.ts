/** `pipec run --input` beside a script that does nothing but run the same query.sql, and over ten times the records. */
import { execFile } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openInPlace } from '../cli/files.ts'
import { createGenerator, fixedStart } from '../runtime/produce/generator.ts'
import { unpaced } from '../runtime/produce/pace.ts'
import { writeRecords } from '../runtime/produce/write.ts'
import { demo } from '../tests/fixtures/demo.ts'
import type { Ending } from './ending.ts'
import { median, type Row, thousands } from './row.ts'

const million = 1_000_000
const rounds = 3
const ratioPromised = 1.3
const megabytesPromised = 600
const timesPromised = 11

interface Measured {
  readonly seconds: number
  readonly megabytes: number
}

/** Needs the bundle in dist/. */
export async function benchRunInput(ending: Ending): Promise<Row[]> {
  const folder = ending.folder()
  const query = await builtQuery(folder)
  const [one, ten] = [join(folder, 'one.ndjson'), join(folder, 'ten.ndjson')]
  await writeMillions(one, 1)
  await writeMillions(ten, 10)
  const [ours, bare]: [Measured[], Measured[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(await runPipec(folder, one))
    bare.push(await measured(folder, ['bench/bare-query.mjs', query, one]))
  }
  return [besideBare(ours, bare), memory(ours, bare), besideTenfold(ours, await runPipec(folder, ten))]
}

async function builtQuery(folder: string): Promise<string> {
  copyFileSync('pipeline.yaml', join(folder, 'pipeline.yaml'))
  await promisify(execFile)(process.execPath, ['dist/pipec.cjs', 'build', join(folder, 'pipeline.yaml')])
  return join(folder, 'generated/duckdb/query.sql')
}

async function writeMillions(path: string, millions: number): Promise<void> {
  const clock = { kind: 'spread', startMillis: fixedStart, eventsPerSecond: 1000 } as const
  const generator = await createGenerator(demo.source, demo.generator, { seed: 1, clock })
  const file = openInPlace(path)
  const options = {
    count: millions * million,
    pace: unpaced,
    signal: new AbortController().signal,
    onProgress: () => {},
  }
  await writeRecords(generator, (text) => file.write(text), options)
  file.keep()
}

function runPipec(folder: string, input: string): Promise<Measured> {
  return measured(folder, [
    'dist/pipec.cjs',
    'run',
    join(folder, 'pipeline.yaml'),
    '--input',
    input,
    '--format',
    'json',
  ])
}

/** A whole process of Node's, from start to end. */
async function measured(folder: string, command: readonly string[]): Promise<Measured> {
  const report = join(folder, 'measured.json')
  writeFileSync(report, '')
  const began = performance.now()
  await promisify(execFile)(process.execPath, ['--require', './bench/measured.cjs', ...command], {
    env: { ...process.env, PIPEC_MEASURED: report },
    maxBuffer: 1 << 28,
  })
  const seconds = (performance.now() - began) / 1000
  return { seconds, megabytes: JSON.parse(readFileSync(report, 'utf8')).megabytes }
}

function seconds(all: readonly Measured[]): number {
  return median(all.map((each) => each.seconds))
}

function besideBare(ours: readonly Measured[], bare: readonly Measured[]): Row {
  const ratio = median(ours.map((each, round) => each.seconds / bare[round]!.seconds))
  return {
    what: 'run --input: 1,000,000 records of the demo',
    measured: `${seconds(ours).toFixed(2)} s, ${thousands(million / seconds(ours))}, ${ratio.toFixed(2)} times the bare script`,
    floor: `${seconds(bare).toFixed(2)} s for the same query.sql in a bare DuckDB script`,
    bound: `at most ${ratioPromised} times`,
    holds: ratio <= ratioPromised,
  }
}

function memory(ours: readonly Measured[], bare: readonly Measured[]): Row {
  const peak = Math.max(...ours.map((each) => each.megabytes))
  return {
    what: 'run --input: peak memory of the same',
    measured: `${peak.toFixed(0)} MB`,
    floor: `${median(bare.map((each) => each.megabytes)).toFixed(0)} MB for the bare script`,
    bound: `under ${megabytesPromised} MB`,
    holds: peak < megabytesPromised,
  }
}

function besideTenfold(ours: readonly Measured[], tenfold: Measured): Row {
  const times = tenfold.seconds / seconds(ours)
  return {
    what: 'run --input: 10,000,000 records',
    measured: `${tenfold.seconds.toFixed(1)} s, ${times.toFixed(1)} times as long, ${tenfold.megabytes.toFixed(0)} MB`,
    floor: `${seconds(ours).toFixed(2)} s for a tenth of them`,
    bound: `at most ${timesPromised} times as long`,
    holds: times <= timesPromised,
  }
}
