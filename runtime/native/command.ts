/** Runs a program to its end, line by line, in a process group of its own that a cancelled run takes down whole. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  onLine?(line: string): void
}

export interface Outcome {
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null
  /** The last lines of both streams. */
  readonly lines: readonly string[]
}

const keptLines = 200

/** @throws the signal's reason when it is aborted, and the system's error (ENOENT) when the program is not there. */
export async function run(command: Command): Promise<Outcome> {
  command.signal.throwIfAborted()
  const child = spawn(command.program, command.args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      if (lines.length > keptLines) lines.shift()
      command.onLine?.(line)
    })
  }
  const cancel = () => endGroup(child.pid)
  command.signal.addEventListener('abort', cancel)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    command.signal.throwIfAborted()
    return { code, lines }
  } finally {
    command.signal.removeEventListener('abort', cancel)
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}
