/** pipec as a process of its own, from start to end, in a folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  const closed = once(child, 'close')
  // By the signal that lets it end what it has started in turn.
  ending.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    await closed
  })
  whileRunning(child)
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [code] = (await closed) as [number | null]
  const endedAt = Date.now()
  if (code !== 0) throw new Error(`pipec ${words.join(' ')} ended with ${code}: ${err.slice(-2000)}`)
  return { out, beganAt, endedAt, cpuSeconds: JSON.parse(readFileSync(report, 'utf8')).cpuSeconds }
}
