/** Progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere. */
import type { Progress, ProgressStep } from '../../runtime/progress.ts'

const plainEveryMillis = 3000
/** Work that is done sooner shows nothing at all. */
const quietMillis = 1000

interface Drawn {
  readonly label: string
  readonly total: number | null
  readonly started: number
  done: number
  detail: string
}

export function createProgress(stream: NodeJS.WriteStream, terminal: boolean): Progress {
  return terminal ? new Bars(stream) : new Lines(stream)
}

function line({ label, total, done, detail }: Drawn): string {
  const amount = total === null || total === 0 ? '' : ` ${Math.floor((100 * done) / total)} %`
  return `${label}${amount}${detail === '' ? '' : `, ${detail}`}`
}

/** What is under way, and for how long where nothing else tells that it goes on. */
function underWay(drawn: Drawn): string {
  const seconds = Math.floor((Date.now() - drawn.started) / 1000)
  return drawn.total === null && seconds > 0 ? `${line(drawn)}, ${seconds} s` : line(drawn)
}

class Lines implements Progress {
  readonly #stream: NodeJS.WriteStream

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  start(label: string, total: number | null): ProgressStep {
    const drawn: Drawn = { label, total, started: Date.now(), done: 0, detail: '' }
    let last = drawn.started
    let ended = false
    const timer = setInterval(() => print(), plainEveryMillis).unref()
    const print = (): void => {
      last = Date.now()
      this.#stream.write(`${ended ? line(drawn) : underWay(drawn)}\n`)
    }
    const end = (done: number, detail: string | undefined): void => {
      if (ended) return
      ended = true
      clearInterval(timer)
      drawn.detail = detail ?? drawn.detail
      drawn.done = done
      if (last !== drawn.started || detail !== undefined) print()
    }
    return {
      update: (done, detail) => {
        drawn.done = done
        drawn.detail = detail ?? drawn.detail
      },
      finish: (detail) => end(total ?? drawn.done, detail),
      fail: (detail) => end(drawn.done, detail),
    }
  }

  note(text: string): void {
    this.#stream.write(`${text}\n`)
  }
}

/** One redrawn line for each piece of work under way, at most ten times a second. */
class Bars implements Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #steps = new Set<Drawn>()
  #lines = 0
  #timer: NodeJS.Timeout | null = null

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  start(label: string, total: number | null): ProgressStep {
    const drawn: Drawn = { label, total, started: Date.now(), done: 0, detail: '' }
    this.#steps.add(drawn)
    this.#timer ??= setInterval(() => this.#draw(), 100).unref()
    return {
      update: (done, detail) => {
        drawn.done = done
        drawn.detail = detail ?? drawn.detail
      },
      finish: (detail) => this.#end({ drawn, done: total ?? drawn.done, detail }),
      fail: (detail) => this.#end({ drawn, done: drawn.done, detail }),
    }
  }

  note(text: string): void {
    this.#clear()
    this.#stream.write(`${text}\n`)
    this.#draw()
  }

  #end({ drawn, done, detail }: { drawn: Drawn; done: number; detail: string | undefined }): void {
    if (!this.#steps.delete(drawn)) return
    this.#clear()
    if (detail !== undefined) this.#stream.write(`${line({ ...drawn, done, detail })}\n`)
    if (this.#steps.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
    }
    this.#draw()
  }

  #clear(): void {
    if (this.#lines > 0) this.#stream.write(`\u001b[${this.#lines}A\u001b[0J`)
    this.#lines = 0
  }

  #draw(): void {
    this.#clear()
    const shown = [...this.#steps].filter((each) => Date.now() - each.started >= quietMillis)
    for (const each of shown) this.#stream.write(`${bar(each, this.#stream.columns)}\n`)
    this.#lines = shown.length
  }
}

const barWidth = 24

function bar(drawn: Drawn, columns: number): string {
  const { total, done } = drawn
  const filled = total === null || total === 0 ? 0 : Math.min(barWidth, Math.round((barWidth * done) / total))
  const picture = total === null ? '' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `
  return `${picture}${underWay(drawn)}`.slice(0, Math.max(20, columns - 1))
}
