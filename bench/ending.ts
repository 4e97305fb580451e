/** What a measurement has started, ended in reverse order: when it is over, when it fails, and on Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Ending {
  readonly #steps: (() => unknown)[] = []
  readonly #interruption = new AbortController()
  #ended: Promise<void> | null = null

  /** Aborted by Ctrl-C, before anything is ended. */
  get signal(): AbortSignal {
    return this.#interruption.signal
  }

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** A temporary folder. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'pipec-bench-'))
    this.add(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  /** However often it is called, everything is ended once. */
  end(): Promise<void> {
    this.#ended ??= this.#run()
    return this.#ended
  }

  interrupt(): Promise<void> {
    this.#interruption.abort()
    return this.end()
  }

  async #run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}
