/** How long work reports itself; the command line draws it, tests ignore it. */
export interface Progress {
  /** A new piece of work: `total` in units, or null where nobody knows. */
  start(label: string, total: number | null): ProgressStep
  /** A line worth keeping, printed above whatever is being drawn. */
  note(line: string): void
}

export interface ProgressStep {
  /** `done` units so far. */
  update(done: number, detail?: string): void
  /** All of it is done. */
  finish(detail?: string): void
  /** It ends where it stands. */
  fail(detail?: string): void
}

export const silent: Progress = {
  start: () => ({ update: () => {}, finish: () => {}, fail: () => {} }),
  note: () => {},
}
