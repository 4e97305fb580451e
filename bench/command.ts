/** pipec as a process of its own, from start to end, in a folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { outcomeOf } from './child.ts'
import type { Ending } from './ending.ts'

export interface Ran {
  readonly out: string
  /** As `Date.now()` says. */
  readonly beganAt: number
  readonly endedAt: number
  /** Of the process itself, without those that it started. */
  readonly cpuSeconds: number
}

const program = resolve('dist/pipec.cjs')
const preloaded = resolve('bench/measured.cjs')

/** Throws with its words when it does not end well. */
export async function pipec(
  folder: string,
  words: readonly string[],
  ending: Ending,
  whileRunning: (child: ChildProcess) => void = () => {},
): Promise<Ran> {
  const report = join(folder, 'measured.json')
  const beganAt = Date.now()
  const child = spawn(process.execPath, ['--require', preloaded, program, ...words], {
    cwd: folder,
    env: { ...process.env, PIPEC_MEASURED: report },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const outcome = outcomeOf(child, ending, 'SIGINT')
  whileRunning(child)
  const { code, out, err } = await outcome
  const endedAt = Date.now()
  if (code !== 0) throw new Error(`pipec ${words.join(' ')} ended with ${code}: ${err.slice(-2000)}`)
  return { out, beganAt, endedAt, cpuSeconds: JSON.parse(readFileSync(report, 'utf8')).cpuSeconds }
}
