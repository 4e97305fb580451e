/** Generated records as lines of text. */
import { setImmediate as turn } from 'node:timers/promises'
import type { RecordGenerator } from './generator.ts'
import type { Pace } from './pace.ts'

export interface WriteOptions {
  /** Null: until the signal. */
  readonly count: number | null
  readonly pace: Pace
  readonly signal: AbortSignal
  onProgress(written: number): void
}

const linesAtOnce = 4_000

/** One JSON object a line. Gives the number of lines written; fewer than asked for if the signal was aborted. */
export async function writeRecords(
  generator: RecordGenerator,
  write: (text: string) => void | Promise<void>,
  { count, pace, signal, onProgress }: WriteOptions,
): Promise<number> {
  const wanted = count ?? Number.POSITIVE_INFINITY
  let written = 0
  while (written < wanted) {
    const due = await pace.due(Math.min(linesAtOnce, wanted - written), signal)
    if (due === 0) break
    await write(lines(generator, due))
    written += due
    onProgress(written)
    await turn()
  }
  return written
}

function lines(generator: RecordGenerator, count: number): string {
  let text = ''
  for (let made = 0; made < count; made++) text += `${generator.next().value}\n`
  return text
}
