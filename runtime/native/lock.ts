/** A lock between processes: a file that names its holder, and that counts for nothing once the holder is gone. */
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { link, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAlive, type ProcessId, startOf } from './processes.ts'

export interface Held {
  release(): Promise<void>
}

/** Takes the lock, or says who holds it. */
export async function tryLock(path: string): Promise<Held | ProcessId> {
  await mkdir(dirname(path), { recursive: true })
  const own: ProcessId = { pid: process.pid, started: (await startOf(process.pid)) ?? '' }
  for (;;) {
    if (await create(path, own)) return { release: () => rm(path, { force: true }) }
    const holder = holderOf(path)
    if (holder !== null && (await isAlive(holder))) return holder
    if (holder !== null) removeLockOf(holder, path)
  }
}

/** By a link to a file that is already written: nobody ever sees a lock without its holder. */
async function create(path: string, own: ProcessId): Promise<boolean> {
  // Of this call alone: the same process may want the lock twice at a time.
  const draft = `${path}.${own.pid}-${randomUUID()}`
  await writeFile(draft, JSON.stringify(own))
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

function holderOf(path: string): ProcessId | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessId
  } catch {
    return null
  }
}

/** In one breath, so that a lock which somebody took meanwhile stays. */
function removeLockOf(dead: ProcessId, path: string): void {
  const holder = holderOf(path)
  if (holder?.pid === dead.pid && holder.started === dead.started) rmSync(path, { force: true })
}
