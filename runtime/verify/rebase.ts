/**
 * What lies in generated/, under the run's names: a file that somebody edited is judged as it was edited. Compiling under
 * another name changes words within lines and no line, so that an unedited line is taken from the renamed file, and in an
 * edited one the words are replaced that renaming has replaced elsewhere.
 */
import { diffLines } from 'diff'

/** @param disk as it lies there; `original` and `renamed` as compiled under the two names. */
export function rebase(disk: string, original: string, renamed: string): string {
  if (disk === original) return renamed
  const from = linesOf(original)
  const to = linesOf(renamed)
  if (from.length !== to.length) throw new TypeError('renaming a pipeline has changed its number of lines')
  const words = renamedWords(from, to)
  let place = 0
  const text: string[] = []
  for (const part of diffLines(original, disk)) {
    const count = part.count
    if (part.added) text.push(replaceWords(part.value, words))
    else {
      if (!part.removed) text.push(...to.slice(place, place + count))
      place += count
    }
  }
  return text.join('')
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** A quoted text with its quotes, or a bare word. */
const word = /'(?:[^'\n]|'')*'|"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|[A-Za-z0-9_.-]+/g

/** Which words renaming replaces, learnt from the lines that it changed. */
export function renamedWords(from: readonly string[], to: readonly string[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>()
  for (const [index, line] of from.entries()) {
    const before = line.match(word) ?? []
    const after = to[index]!.match(word) ?? []
    for (const [place, each] of before.entries()) {
      const other = after[place]
      if (other !== undefined && other !== each) words.set(each, other)
    }
  }
  return words
}

function replaceWords(text: string, words: ReadonlyMap<string, string>): string {
  return text.replaceAll(word, (each) => words.get(each) ?? each)
}

/** Of the pipeline's own topics those that a text still names in quotes: run, it would read or write the real ones. */
export function namedTopics(text: string, topics: readonly string[]): readonly string[] {
  const quoted = new Set((text.match(/'[^'\n]*'|"[^"\n]*"/g) ?? []).map((each) => each.slice(1, -1)))
  return topics.filter((topic) => quoted.has(topic))
}
