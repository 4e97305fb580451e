/**
 * What a user can do something about: the command boundary prints `message`, then `next`, and never a stack. Anything
 * else that is thrown is a bug of pipec's and shows as one.
 */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** What to do now, as a sentence. */
  readonly next: string | null
  /** The engine's own words, a statement, a log's last lines: shown indented below the message. */
  readonly detail: string | null

  constructor(
    message: string,
    more: { readonly next?: string; readonly detail?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.next = more.next ?? null
    this.detail = more.detail ?? null
  }
}

/** By name and not by class: each bundled command has a copy of the class. */
export function isFailure(error: unknown): error is Failure {
  return error instanceof Error && error.name === 'Failure'
}
