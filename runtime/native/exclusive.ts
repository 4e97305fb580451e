/** One `up` or `down` at a time in a directory. */
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { tryLock } from './lock.ts'

/** @throws Failure at once when another process is at work in this `.pipec` folder. */
export async function exclusively<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await tryLock(join(folder, 'lock'))
  if (!('release' in lock)) {
    throw new Failure(
      `Another \`pipec up\` or \`pipec down\` (process ${lock.pid}) is at work in this directory.`,
      {
        next: 'Wait for it to end, then run it again.',
      },
    )
  }
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
