import { createInterface } from 'node:readline/promises'
import { Failure } from '../runtime/failure.ts'
import type { Io } from './io.ts'

/** Asks on the terminal; only "yes" or "y" is yes. Without a terminal nobody can answer, which is a Failure. */
export async function confirm(question: string, io: Io): Promise<boolean> {
  if (io.stdin.isTTY !== true) {
    throw new Failure(`${question} Nobody can be asked here, so nothing was done.`, {
      next: 'Add --yes to go ahead.',
    })
  }
  const readline = createInterface({ input: io.stdin, output: process.stderr })
  try {
    const answer = await readline.question(`${question} [yes/no] `, { signal: io.signal })
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    readline.close()
  }
}
