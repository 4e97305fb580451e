import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { Failure } from '../runtime/failure.ts'
import type { Io } from './io.ts'

/**
 * Calls back whenever the file's content may have changed, until the user stops it. The folder is watched and not the
 * file, because editors save by renaming.
 */
export async function watchFile(path: string, io: Io, changed: () => Promise<void>): Promise<void> {
  io.err(`Watching ${basename(path)}; stop with Ctrl-C.\n`)
  let timer: NodeJS.Timeout | undefined
  const watcher = watched(dirname(path), (name) => {
    if (name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      changed().catch((error: Error) => io.err(`${error.message}\n`))
    }, 50)
  })
  try {
    await untilStopped(watcher, path, io)
  } finally {
    clearTimeout(timer)
    watcher.close()
  }
}

function untilStopped(watcher: FSWatcher, path: string, { signal }: Io): Promise<void> {
  return new Promise((done, fail) => {
    watcher.on('error', (error) => fail(unwatchable(dirname(path), error)))
    signal.addEventListener('abort', () => done(), { once: true })
    if (signal.aborted) done()
  })
}

function watched(folder: string, changed: (name: string | null) => void): FSWatcher {
  try {
    return watch(folder, (_, name) => changed(name))
  } catch (error) {
    throw unwatchable(folder, error as Error)
  }
}

/** "No space left on device" here means that the system has no watcher left. */
function unwatchable(folder: string, cause: Error): Failure {
  return new Failure(`Cannot watch ${folder}: ${cause.message}.`, {
    next: 'Leave out --watch, or let the system watch more files (fs.inotify.max_user_watches).',
    cause,
  })
}
