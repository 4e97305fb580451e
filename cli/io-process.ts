/** The Io of a real process: its streams, its environment, its signals. */
import { fileFailure } from './files.ts'
import type { Io } from './io.ts'
import { createProgress } from './views/progress.ts'

export function processIo(): Io {
  const { stdout, stderr, env } = process
  stdout.on('error', endQuietly)
  // Nobody reads how it goes (`2>&1 | head -1`): an apply goes on all the same, and its exit code stays true.
  stderr.on('error', () => {})
  const color =
    (env.NO_COLOR ?? '') === '' &&
    (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stderr.isTTY === true && env.TERM !== 'dumb')
  return {
    cwd: process.cwd(),
    env,
    out: (text) => written(stdout, text),
    err: (text) => void stderr.write(text),
    /** Making the stream costs milliseconds, and few commands read it. */
    get stdin() {
      return process.stdin
    },
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    color,
    signal: interruption(),
    progress: createProgress(stderr, stderr.isTTY === true && env.TERM !== 'dumb'),
    now: Date.now,
  }
}

/** The reader has gone (`| head -1`): that is no error. What else ends the output is told by whoever wrote. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((done, failed) => {
    stream.write(text, (error) => {
      if (error == null || (error as NodeJS.ErrnoException).code === 'EPIPE') done()
      else failed(fileFailure('write', 'standard output', error))
    })
  })
}

/** The first signal asks commands to stop; the second ends the process. */
function interruption(): AbortSignal {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  return controller.signal
}
