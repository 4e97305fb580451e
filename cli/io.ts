/** What a command may touch besides its options: passed in, so that tests can hand over their own. */
import type { Progress } from '../runtime/progress.ts'

export interface Io {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Results. Resolves when the reader has taken the text, or has gone: what the command does matters without one. */
  out(text: string): Promise<void>
  /** Results of a command that works for its reader only. Throws `ReaderGone` when nobody reads on (`| head -1`). */
  stream(text: string): Promise<void>
  /** Everything else. */
  err(text: string): void
  /** From now on these are blotted out of whatever is printed, a bug's trace included. */
  hide(secrets: readonly string[]): void
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly outIsTerminal: boolean
  readonly errIsTerminal: boolean
  /** Whether stderr and stdout may carry colours (never under NO_COLOR). */
  readonly color: boolean
  /** Aborted at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal
  readonly progress: Progress
  /** Milliseconds since the epoch. */
  now(): number
}

/** No error: it unwinds a command that has nothing more to do. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** 0 done, 1 errors, 2 there are changes or differences, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130
