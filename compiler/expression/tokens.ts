import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts'
import type { Span } from '../ir.ts'

export interface Token {
  /** A `name` stood in back-ticks; a `word` is a name, a function or part of the language. */
  readonly kind: 'word' | 'name' | 'number' | 'string' | 'symbol' | 'end'
  /** Without quotes; words as written. */
  readonly text: string
  readonly at: Span
}

/** How a phase says: stop here, this is why. */
export class Complaint extends Error {
  readonly diagnostic: Diagnostic

  constructor(found: Diagnostic) {
    super(found.message)
    this.diagnostic = found
  }
}

const pattern =
  /\s+|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?<string>'(?:[^']|'')*')|(?<name>`(?:[^`]|``)*`)|(?<symbol>==|<>|!=|<=|>=|\|\||[-+*/%=<>(),])/uy

/** Cuts the text of an expression; throws Complaint at the first thing that is no token. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new Complaint(untokenizable(text, start))
    const at = { start, end: pattern.lastIndex }
    const token = toToken(match.groups!, at)
    if (token !== null) tokens.push(token)
  }
  tokens.push({ kind: 'end', text: '', at: { start: text.trimEnd().length, end: text.length } })
  return tokens
}

function toToken(groups: Record<string, string | undefined>, at: Span): Token | null {
  if (groups.word !== undefined) return { kind: 'word', text: groups.word, at }
  if (groups.number !== undefined) return { kind: 'number', text: groups.number, at }
  if (groups.string !== undefined)
    return { kind: 'string', text: groups.string.slice(1, -1).replaceAll("''", "'"), at }
  if (groups.name !== undefined)
    return { kind: 'name', text: groups.name.slice(1, -1).replaceAll('``', '`'), at }
  if (groups.symbol === '==')
    throw new Complaint(diagnostic('bad-character', at, { character: '==' }, 'did you mean "="?'))
  if (groups.symbol !== undefined)
    return { kind: 'symbol', text: groups.symbol === '!=' ? '<>' : groups.symbol, at }
  return null
}

function untokenizable(text: string, start: number): Diagnostic {
  const character = String.fromCodePoint(text.codePointAt(start)!)
  const at = { start, end: start + character.length }
  if (character === "'" || character === '`') {
    return diagnostic('unclosed-text', at, { quote: character })
  }
  if (character === '"') {
    const inside = /^"([^"]*)"/.exec(text.slice(start))
    const end = start + (inside?.[0].length ?? 1)
    return diagnostic('double-quoted', { start, end }, { text: (inside?.[1] ?? '…').slice(0, 40) })
  }
  const hint = {
    '&': 'did you mean "and"?',
    '|': 'did you mean "or" or "||"?',
    '!': 'did you mean "not" or "<>"?',
  }[character]
  return diagnostic('bad-character', at, { character }, hint ?? null)
}
