/** A program that a measurement has started, until it ends. */
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Ending } from './ending.ts'

type Child = ChildProcessByStdio<null, Readable, Readable>

/**
 * What it has written, and its code; null where a signal ended it.
 * @param signal lets it end what it has started in turn, where the measurement is over before it.
 */
export async function outcomeOf(
  child: Child,
  ending: Ending,
  signal: NodeJS.Signals,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const closed = once(child, 'close')
  ending.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await closed
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [code] = (await closed) as [number | null]
  return { code, out, err }
}
