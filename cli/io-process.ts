/** The Io of a real process: its streams, its environment, its signals. */
import { redact } from '../runtime/environment.ts'
import type { Progress } from '../runtime/progress.ts'
import { fileFailure } from './files.ts'
import { type Io, ReaderGone } from './io.ts'
import { createProgress } from './views/progress.ts'

export function processIo(): Io {
  const { stdout, stderr, env } = process
  const secrets: string[] = []
  const clean = (text: string): string => redact(text, secrets)
  const taken = writerTo(stdout)
  // Nobody reads how it goes (`2>&1 | head -1`): an apply goes on all the same, and its exit code stays true.
  stderr.on('error', () => {})
  const color =
    (env.NO_COLOR ?? '') === '' &&
    (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stderr.isTTY === true && env.TERM !== 'dumb')
  return {
    cwd: process.cwd(),
    env,
    out: async (text) => void (await taken(clean(text))),
    async stream(text) {
      if (!(await taken(clean(text)))) throw new ReaderGone()
    },
    err: (text) => void stderr.write(clean(text)),
    hide: (more) => void secrets.push(...more),
    /** Making the stream costs milliseconds, and few commands read it. */
    get stdin() {
      return process.stdin
    },
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    color,
    signal: interruption(),
    progress: cleaned(createProgress(stderr, stderr.isTTY === true && env.TERM !== 'dumb'), clean),
    now: Date.now,
  }
}

function cleaned(progress: Progress, clean: (text: string) => string): Progress {
  const maybe = (text: string | undefined): string | undefined => (text === undefined ? text : clean(text))
  return {
    note: (text) => progress.note(clean(text)),
    start(label, total) {
      const step = progress.start(clean(label), total)
      return {
        update: (done, detail) => step.update(done, maybe(detail)),
        finish: (detail) => step.finish(maybe(detail)),
        fail: (detail) => step.fail(maybe(detail)),
      }
    },
  }
}

/** Writes to a stream whose reader may go, and tells whether it took the text. Throws Failure for any other end. */
function writerTo(stream: NodeJS.WriteStream): (text: string) => Promise<boolean> {
  // What ended the stream: later writes only say that it has ended.
  let broken: NodeJS.ErrnoException | null = null
  const end = (error: Error): NodeJS.ErrnoException => (broken ??= error)
  stream.on('error', end)
  return (text) =>
    new Promise((done, failed) => {
      stream.write(text, (error) => {
        if (error == null) done(true)
        else if (end(error).code === 'EPIPE') done(false)
        else failed(fileFailure('write', 'standard output', end(error)))
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
