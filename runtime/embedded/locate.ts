/** The line of a file that holds a given record; blank lines are none, but count as lines. */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'

export interface LocatedLine {
  /** From 1. */
  readonly number: number
  /** Null where its bytes are no UTF-8. */
  readonly text: string | null
}

/** The line of record `index`, from 0; null where the file has fewer (a compressed one has no lines at all). */
export async function locateRecord(path: string, index: number): Promise<LocatedLine | null> {
  let number = 0
  let record = -1
  for await (const line of linesOf(path)) {
    number++
    if (!/^[ \t\v\f\r]*$/.test(line) && ++record === index) return { number, text: decoded(line) }
  }
  return null
}

/** The text of a line of bytes, each a character; null where they are no UTF-8. */
export function decoded(line: string): string | null {
  const bytes = Buffer.from(line, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : null
}

/** Split at line feeds only, as the engine does; each character is a byte. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest: string[] = []
  for await (const chunk of createReadStream(path, 'latin1')) {
    const parts = (chunk as string).split('\n')
    for (const part of parts.slice(0, -1)) {
      yield [...rest, part].join('')
      rest = []
    }
    rest.push(parts.at(-1)!)
  }
  const last = rest.join('')
  if (last !== '') yield last
}
