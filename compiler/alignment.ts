/**
 * From offsets in a scalar's value to offsets in the file, over quotes, escapes, indentation and folded line ends. The
 * scalar is decoded once more, with the place of each character; where that does not give the value that the YAML
 * reader gave, everything maps to the scalar as a whole.
 */
import type { Span } from './ir.ts'

const longestAligned = 20_000

/** `at` is where the scalar stands in `text`, `value` what it means. */
export function scalarOffsets(text: string, at: Span, value: string): (span: Span) => Span {
  if (value.length > longestAligned) return () => at
  const found = decodings(text.slice(at.start, at.end)).find((each) => each.means(value))
  return found === undefined ? () => at : (span) => found.place(span, at.start, value.length)
}

function decodings(raw: string): Decoded[] {
  switch (raw[0]) {
    case "'":
      return [flow(raw, 1, raw.length - 1, single)]
    case '"':
      return [flow(raw, 1, raw.length - 1, double)]
    case '|':
    case '>':
      return block(raw)
    default:
      return [flow(raw, 0, raw.length, plain)]
  }
}

/** A text, and from where to where each of its UTF-16 units is written. */
class Decoded {
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  #text = ''

  push(text: string, start: number, end: number): void {
    this.#text += text
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(start)
      this.#ends.push(end)
    }
  }

  /** How many line ends a block scalar keeps depends on its header; the value tells. */
  means(value: string): boolean {
    return this.#text.startsWith(value) && /^\n*$/.test(this.#text.slice(value.length))
  }

  place({ start, end }: Span, base: number, length: number): Span {
    const last = this.#ends[Math.min(end, length) - 1] ?? 0
    const first = start < length ? this.#starts[start]! : (this.#ends[length - 1] ?? 0)
    return { start: base + first, end: base + (end > start ? Math.max(first, last) : first) }
  }
}

interface Line {
  readonly start: number
  readonly end: number
}

function linesOf(raw: string, from: number, to: number): Line[] {
  const lines: Line[] = []
  let start = from
  for (const found of raw.slice(from, to).matchAll(/\r?\n/g)) {
    lines.push({ start, end: from + found.index })
    start = from + found.index + found[0].length
  }
  lines.push({ start, end: to })
  return lines
}

// Plain and quoted scalars

/** Decodes what stands at `at` onto `into` and gives the offset behind it. */
type Reader = (raw: string, at: number, into: Decoded) => number

const plain: Reader = (raw, at, into) => {
  into.push(raw[at]!, at, at + 1)
  return at + 1
}

const single: Reader = (raw, at, into) => {
  const width = raw.startsWith("''", at) ? 2 : 1
  into.push(raw[at]!, at, at + width)
  return at + width
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}
const hexWidths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

const double: Reader = (raw, at, into) => {
  if (raw[at] !== '\\') return plain(raw, at, into)
  const letter = raw[at + 1] ?? ''
  const hex = hexWidths[letter]
  const end = at + 2 + (hex ?? 0)
  const code = hex === undefined ? null : Number.parseInt(raw.slice(at + 2, end), 16)
  const text =
    code === null ? (escapes[letter] ?? letter) : code <= 0x10ffff ? String.fromCodePoint(code) : ''
  into.push(text, at, end)
  return end
}

/** Line ends fold: one becomes a space, and of several all but the first stay. */
function flow(raw: string, from: number, to: number, read: Reader): Decoded {
  const into = new Decoded()
  const lines = linesOf(raw, from, to)
  let pending: { breaks: number; at: number } | null = null
  lines.forEach((line, index) => {
    const start = index === 0 ? line.start : skipBlanks(raw, line.start, line.end)
    const joined = read === double && index < lines.length - 1 && endsInBackslash(raw, start, line.end)
    const end = joined
      ? line.end - 1
      : index === lines.length - 1
        ? line.end
        : trimBlanks(raw, start, line.end)
    if (pending !== null && (start < end || joined || index === lines.length - 1)) {
      const { breaks, at } = pending
      if (breaks > 0) into.push(breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), at, at + 1)
      pending = null
    }
    for (let at = start; at < end; ) at = read(raw, at, into)
    if (pending === null) pending = { breaks: joined ? 0 : 1, at: end }
    else pending.breaks++
  })
  return into
}

function skipBlanks(raw: string, start: number, end: number): number {
  let at = start
  while (at < end && (raw[at] === ' ' || raw[at] === '\t')) at++
  return at
}

function trimBlanks(raw: string, start: number, end: number): number {
  let at = end
  while (at > start && (raw[at - 1] === ' ' || raw[at - 1] === '\t')) at--
  return at
}

function endsInBackslash(raw: string, start: number, end: number): boolean {
  return /(?<!\\)(\\\\)*\\$/.test(raw.slice(start, end))
}

// Block scalars

/** A header with a number says the indentation relative to a parent that is out of sight here: then each is tried. */
function block(raw: string): Decoded[] {
  const header = /^([|>])([-+0-9]*)[^\n]*\n/.exec(raw)
  if (header === null) return []
  const lines = linesOf(raw, header[0].length, raw.length)
  const first = lines.find((line) => line.start + spaces(raw, line) < line.end)
  const indent = first === undefined ? 0 : spaces(raw, first)
  const stated = /[0-9]/.test(header[2]!)
  const indents = stated ? Array.from({ length: Math.min(indent, 40) + 1 }, (_, i) => indent - i) : [indent]
  return indents.map((each) => (header[1] === '|' ? literal(raw, lines, each) : folded(raw, lines, each)))
}

function spaces(raw: string, line: Line): number {
  let at = line.start
  while (at < line.end && raw[at] === ' ') at++
  return at - line.start
}

function inner(raw: string, line: Line, indent: number): Line {
  return { start: Math.min(line.end, line.start + Math.min(indent, spaces(raw, line))), end: line.end }
}

function literal(raw: string, lines: readonly Line[], indent: number): Decoded {
  const into = new Decoded()
  for (const line of lines) {
    const { start, end } = inner(raw, line, indent)
    for (let at = start; at < end; ) at = plain(raw, at, into)
    into.push('\n', end, end + 1)
  }
  return into
}

/** Between two lines a line end is a space, unless one of them is empty or indented further. */
function folded(raw: string, lines: readonly Line[], indent: number): Decoded {
  const into = new Decoded()
  let last: { indented: boolean; end: number } | null = null
  let empty = 0
  for (const line of lines) {
    const { start, end } = inner(raw, line, indent)
    if (start === end) {
      empty++
      continue
    }
    const indented = /[ \t]/.test(raw[start]!)
    const at: number = last?.end ?? start
    if (last === null) into.push('\n'.repeat(empty), at, at)
    else if (indented || last.indented) into.push('\n'.repeat(empty + 1), at, at + 1)
    else into.push(empty === 0 ? ' ' : '\n'.repeat(empty), at, at + 1)
    for (let each = start; each < end; ) each = plain(raw, each, into)
    last = { indented, end }
    empty = 0
  }
  into.push('\n'.repeat(empty + 1), raw.length, raw.length)
  return into
}
