/** How long the command takes as a whole process, beside a Node that does nothing: measured in turns, on one machine. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Ending } from './ending.ts'
import { median, type Row } from './row.ts'

const rounds = 30
const command = resolve('dist/pipec.cjs')

export async function benchStartup(ending: Ending): Promise<Row[]> {
  if (!existsSync(command)) throw new Error('npm run bundle makes what is measured here')
  const build = [command, 'build', 'pipeline.yaml', '--output', ending.folder()]
  millisOf(build)
  const [nothing, version, built] = inTurns([['-e', '0'], [command, '--version'], build])
  return [
    row('pipec --version, whole process', version!, nothing!, 1.3),
    row('pipec build of the example, whole process', built!, nothing!, 1.6),
  ]
}

/** Milliseconds of each, one after the other again and again, so that whatever slows the machine slows all of them. */
function inTurns(cases: readonly (readonly string[])[]): number[][] {
  const millis = cases.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, words] of cases.entries()) millis[index]!.push(millisOf(words))
  }
  return millis
}

function millisOf(words: readonly string[]): number {
  const began = performance.now()
  const { status } = spawnSync(process.execPath, words, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`node ${words.join(' ')} ended with ${status}`)
  return performance.now() - began
}

function row(what: string, millis: readonly number[], floor: readonly number[], most: number): Row {
  const ratio = median(millis.map((each, round) => each / floor[round]!))
  return {
    what,
    measured: `${median(millis).toFixed(0)} ms, ${ratio.toFixed(2)} times`,
    floor: `${median(floor).toFixed(0)} ms for node -e 0`,
    bound: `at most ${most} times`,
    holds: ratio <= most,
  }
}
