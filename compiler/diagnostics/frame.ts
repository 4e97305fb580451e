/** How a diagnostic reads: where it is, the line itself, a caret, and the hint behind it. */
import type { Span } from '../ir.ts'
import type { Diagnostic } from './diagnostic.ts'

export interface Position {
  /** From 1; columns count characters (code points). */
  readonly line: number
  readonly column: number
}

export interface Located {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint: string | null
  readonly start: Position
  readonly end: Position
}

const longestLine = 160

/** By position, errors before warnings at the same place; the order in which they are printed. */
export function sorted(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const key = (each: Diagnostic): number => (each.severity === 'error' ? 0 : 1)
  return [...diagnostics].sort(
    (a, b) => a.at.start - b.at.start || key(a) - key(b) || compareText(a.code, b.code),
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The offsets at which lines start; binary search over it gives a position. */
export function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

export function position(text: string, starts: readonly number[], offset: number): Position {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: characters(text.slice(starts[low], offset)) + 1 }
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** The diagnostic with lines and columns instead of offsets. */
export function locate(text: string, starts: readonly number[], each: Diagnostic): Located {
  return {
    code: each.code,
    severity: each.severity,
    message: each.message,
    hint: each.hint,
    start: position(text, starts, each.at.start),
    end: position(text, starts, each.at.end),
  }
}

/** As people read it, without a final newline. `file` is the name to print. */
export function frame(file: string, text: string, starts: readonly number[], each: Diagnostic): string {
  const { line, column } = position(text, starts, each.at.start)
  const hint = each.hint === null ? null : printable(each.hint)
  const head = `${file}:${line}:${column} ${each.severity} ${each.code}\n${printable(each.message)}`
  const source = lineText(text, starts, line)
  if (source.trim() === '') return hint === null ? head : `${head}\n${hint}`
  return `${head}\n${excerpt(source, line, column, caretWidth(each.at, text, starts, line), hint)}`
}

function lineText(text: string, starts: readonly number[], line: number): string {
  return text.slice(starts[line - 1], (starts[line] ?? text.length + 1) - 1).replace(/\r$/, '')
}

function caretWidth(at: Span, text: string, starts: readonly number[], line: number): number {
  const lineEnd = (starts[line] ?? text.length + 1) - 1
  return Math.max(1, characters(text.slice(at.start, Math.min(at.end, lineEnd)).trimEnd()))
}

function excerpt(source: string, line: number, column: number, width: number, hint: string | null): string {
  const shown = [...source]
  const from = shown.length > longestLine ? Math.max(0, column - 1 - 60) : 0
  const visible = shown.slice(from, from + longestLine)
  const number = String(line).padStart(4)
  const pad = visible
    .slice(0, column - 1 - from)
    .map((character) => (character === '\t' ? '\t' : ' '.repeat(columnsOf(character))))
    .join('')
  const under = visible.slice(column - 1 - from, column - 1 - from + width)
  const carets = '^'.repeat(
    Math.max(
      1,
      under.reduce((sum, character) => sum + columnsOf(character), 0),
    ),
  )
  const tail = hint === null ? '' : ` ${hint}`
  return `${number} | ${printable(visible.join(''))}\n${' '.repeat(number.length)} | ${pad}${carets}${tail}`
}

/** Terminals give East Asian characters and emoji two columns, and marks that join the letter before them none. */
function columnsOf(character: string): 0 | 1 | 2 {
  if (/[\p{Mn}\p{Me}\u200b-\u200f]/u.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u

/** Terminal escapes in a hostile file must not reach the terminal. */
function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u0008\n\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  )
}
