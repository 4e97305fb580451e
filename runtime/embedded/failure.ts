/** DuckDB's errors in the user's terms. */
import { Failure, isFailure } from '../failure.ts'

interface Known {
  readonly pattern: RegExp
  readonly message: (match: RegExpMatchArray) => string
  readonly next: string
  /** DuckDB's text is what the script makes it say, and has nothing to add. */
  readonly ours?: true
}

const fullMessage = 'The disk of the temporary folder is full.'
const fullRemedy = 'Set TMPDIR to a folder on a disk with more room.'

const known: readonly Known[] = [
  {
    pattern: /^Invalid Input Error: (the sum in metric .+ is beyond what a bigint holds)/,
    message: ([, what]) => `Cannot go on: ${what}.`,
    next: 'Aggregate doubles instead, as in sum(cast(x as double)).',
    ours: true,
  },
  {
    pattern: /^Out of Range Error: (Overflow[^\n]*)|^Conversion Error: ([^\n]*out of range[^\n]*)/,
    message: () => 'A value that an expression computes is beyond what its type holds.',
    next: 'Compute it as a double, with cast(x as double), or filter such rows out with "where".',
  },
  {
    pattern: /maximum_object_size/,
    message: () => 'A line is longer than 32 MB.',
    next: 'Is this a file of one JSON object a line?',
  },
  {
    pattern: /^Out of Memory Error/,
    message: () => 'The records do not fit into memory, nor into the temporary folder.',
    next: 'Set TMPDIR to a folder on a disk with more room.',
  },
  { pattern: /^IO Error[\s\S]*No space left/, message: () => fullMessage, next: fullRemedy },
  {
    pattern: /Unknown TimeZone '([^']*)'/,
    message: ([, zone]) => `The embedded engine does not know the time zone ${zone}.`,
    next: 'Write an IANA name of a place, such as Europe/Berlin, in event_time.time_zone.',
  },
  {
    pattern: /^IO Error: ([^\n]*)|^Invalid Input Error: ([^\n]*)/,
    message: () => 'The input cannot be read.',
    next: 'It has to be a file of one JSON object a line, plain or compressed as its name says (.gz, .zst).',
  },
]

/** What to throw instead: a Failure for what the data or the machine did, the error itself for what is a bug. */
export function engineFailure(error: unknown, signal?: AbortSignal): unknown {
  if (isFailure(error) || !(error instanceof Error) || signal?.aborted) return error
  for (const { pattern, message, next, ours } of known) {
    const match = error.message.match(pattern)
    if (match === null) continue
    const detail = ours ? {} : { detail: firstLine(error.message) }
    return new Failure(message(match), { next, ...detail, cause: error })
  }
  return error
}

/** An error of writing into the temporary folder. */
export function temporaryFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new Failure(fullMessage, { next: fullRemedy, detail: (error as Error).message, cause: error })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!
}
