/** A hundred fixtures on the embedded engine, `pipec test` as a whole process. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { pipec } from './command.ts'
import type { Ending } from './ending.ts'
import { median, type Row } from './row.ts'

const copies = 50
const rounds = 5
const secondsPromised = 1

interface Fixtures {
  readonly defaults: unknown
  readonly cases: readonly { readonly name: string }[]
}

export async function benchFixtures(ending: Ending): Promise<Row[]> {
  const folder = ending.folder()
  copyFileSync('pipeline.yaml', join(folder, 'pipeline.yaml'))
  const example = parse(readFileSync('tests/example/payments.yaml', 'utf8')) as Fixtures
  mkdirSync(join(folder, 'tests'))
  const file = join(folder, 'tests', 'payments.yaml')
  const one = await taken(folder, file, example, 1, ending)
  const all = await taken(folder, file, example, copies, ending)
  return [
    {
      what: `test: ${copies * example.cases.length} fixtures on the embedded engine, whole process`,
      measured: `${all.seconds.toFixed(2)} s, ${all.cpuSeconds.toFixed(2)} s of CPU`,
      floor: `${one.seconds.toFixed(2)} s, ${one.cpuSeconds.toFixed(2)} s of CPU for ${example.cases.length} of them`,
      bound: `within ${secondsPromised} s`,
      holds: all.seconds <= secondsPromised,
    },
  ]
}

interface Taken {
  readonly seconds: number
  readonly cpuSeconds: number
}

async function taken(
  folder: string,
  file: string,
  { defaults, cases }: Fixtures,
  times: number,
  ending: Ending,
): Promise<Taken> {
  const repeated = Array.from({ length: times }, (_, copy) =>
    cases.map((each) => ({ ...each, name: `${each.name}, copy ${copy + 1}` })),
  )
  writeFileSync(file, stringify({ defaults, cases: repeated.flat() }))
  const all: Taken[] = []
  for (let round = 0; round < rounds; round++) {
    const { out, beganAt, endedAt, cpuSeconds } = await pipec(folder, ['test', '--json'], ending)
    const { fixtures } = JSON.parse(out) as { fixtures: { passed: boolean }[] }
    if (fixtures.length !== times * cases.length || fixtures.some(({ passed }) => !passed))
      throw new Error('the fixtures do not pass')
    all.push({ seconds: (endedAt - beganAt) / 1000, cpuSeconds })
  }
  return {
    seconds: median(all.map(({ seconds }) => seconds)),
    cpuSeconds: median(all.map(({ cpuSeconds }) => cpuSeconds)),
  }
}
