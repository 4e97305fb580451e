/** YAML text to a plain document, and from any path in it back to the place in the text. */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLError,
} from 'yaml'
import { type Diagnostic, diagnostic } from './diagnostics/diagnostic.ts'
import type { Json, Span } from './ir.ts'

export type Path = readonly (string | number)[]

/** A value of the document with its place. Objects have no prototype, so that no key means anything but itself. */
export interface Located {
  readonly value: Json
  readonly at: Span
  /** The key's own place, where the value stands in a mapping. */
  readonly keyAt: Span | null
  /** A mapping or list in brackets. */
  readonly flow: boolean
  readonly children: ReadonlyMap<string | number, Located>
}

export interface SourceText {
  readonly text: string
  readonly root: Located
}

const limits = { bytes: 1_000_000, depth: 24, nodes: 50_000, lexemes: 60_000 }
const mostProblems = 20

/** Decodes, without a byte order mark; complaints are about the file as a whole. */
export function decode(bytes: Uint8Array): string | Diagnostic {
  const start = { start: 0, end: 0 }
  if (bytes.byteLength > limits.bytes) return diagnostic('file-too-large', start, { bytes: bytes.byteLength })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return diagnostic('invalid-utf8', start, { byte: firstInvalidByte(bytes) })
  }
}

/** From 1. Found by halving: a prefix that decodes as a stream is valid, but for a last character that may be cut short. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0
  let invalid = bytes.byteLength
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    if (decodes(bytes.subarray(0, middle), true)) valid = middle
    else invalid = middle
  }
  while (!decodes(bytes.subarray(0, valid), false)) valid--
  return valid + 1
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream })
    return true
  } catch {
    return false
  }
}

/** Parses; with any diagnostic the root is null. */
export function parse(text: string): {
  readonly source: SourceText | null
  readonly diagnostics: readonly Diagnostic[]
} {
  if (text.length > limits.bytes) {
    return failed(diagnostic('file-too-large', { start: 0, end: 0 }, { bytes: text.length }))
  }
  const control = controlCharacters(text)
  if (control.length > 0) return { source: null, diagnostics: control }
  if (nestingOf(text) > 500) return failed(diagnostic('too-deep', { start: 0, end: 0 }, {}))
  const documents = documentsOf(text)
  if (documents === null) return failed(diagnostic('too-many-nodes', { start: 0, end: 0 }, {}))
  const [first, second] = documents
  if (first?.contents == null) return failed(diagnostic('empty-file', { start: 0, end: 0 }, {}))
  if (second !== undefined) {
    return failed(diagnostic('several-documents', separatorBefore(second.range[0], text), {}))
  }
  const problems = withoutConsequences([...first.errors, ...first.warnings])
    .slice(0, mostProblems)
    .map((each) => yamlProblem(each, text))
  if (problems.length > 0) return { source: null, diagnostics: problems }
  const walker = new Walker(anchorsOf(first.contents))
  const root = walker.visit(first.contents as Node, null, 0)
  return walker.diagnostics.length > 0
    ? { source: null, diagnostics: walker.diagnostics }
    : { source: { text, root }, diagnostics: [] }
}

/**
 * The first two documents, or null when the text has too many parts: the reader's time grows with their square, and with
 * its complaints.
 */
function documentsOf(text: string): readonly Document.Parsed[] | null {
  const parser = new Parser()
  const composer = new Composer({ uniqueKeys: false, schema: 'core', intAsBigInt: true, logLevel: 'silent' })
  const documents: Document.Parsed[] = []
  const take = (tokens: Iterable<CST.Token>): void => {
    for (const token of tokens) documents.push(...composer.next(token))
  }
  let lexemes = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > limits.lexemes) return null
    take(parser.next(lexeme))
    if (documents.length > 1) return documents
  }
  take(parser.end())
  documents.push(...composer.end())
  return documents
}

/** The `---` that ends one document and begins the next. */
function separatorBefore(offset: number, text: string): Span {
  const start = text.indexOf('---', text.lastIndexOf('\n', Math.max(0, offset - 1)))
  return start === -1 ? { start: offset, end: offset } : { start, end: start + 3 }
}

function failed(only: Diagnostic): { source: null; diagnostics: readonly Diagnostic[] } {
  return { source: null, diagnostics: [only] }
}

/** YAML forbids them too, but its reader takes some of them. Lone surrogates cannot be written as UTF-8 at all. */
const controls =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

function controlCharacters(text: string): Diagnostic[] {
  return [...text.matchAll(controls)]
    .slice(0, mostProblems)
    .map((found) =>
      diagnostic(
        'control-character',
        { start: found.index, end: found.index + 1 },
        { code: codePoint(found[0]) },
      ),
    )
}

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** An upper bound on how deep brackets and block indentation nest, so that the recursive reader never runs out of stack. */
function nestingOf(text: string): number {
  let open = 0
  let deepest = 0
  for (const bracket of text.matchAll(/[[\]{}]|^[ \-?:]+/gm)) {
    const word = bracket[0]
    if (word === '[' || word === '{') open++
    else if (word === ']' || word === '}') open = Math.max(0, open - 1)
    else deepest = Math.max(deepest, open + word.replaceAll(/ +/g, '').length)
    deepest = Math.max(deepest, open)
  }
  return deepest
}

/** After its first slip the reader takes the lines below for keys, and complains of each. */
function withoutConsequences(problems: readonly YAMLError[]): readonly YAMLError[] {
  const consequences = ['BLOCK_AS_IMPLICIT_KEY', 'MULTILINE_IMPLICIT_KEY']
  return problems.filter(({ code }, index) => index === 0 || !consequences.includes(code))
}

function remedy({ code, message, pos }: YAMLError, text: string): string | null {
  if (code === 'UNEXPECTED_TOKEN' && /['"]\s*$/.test(text.slice(Math.max(0, pos[0] - 100), pos[0])))
    return 'a value that begins with a quote ends with it: put all of it in double quotes'
  const missing = /end with a ([\]}])/.exec(message)?.[1]
  if (missing !== undefined) return `is a ${missing} missing above?`
  return remedies[code] ?? null
}

const remedies: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BAD_INDENT: 'begin it in the same column as the lines that it belongs to',
  TAB_AS_INDENT: 'write spaces',
  MULTILINE_IMPLICIT_KEY: 'is a colon with a space missing?',
  BLOCK_AS_IMPLICIT_KEY: 'text with a colon and a space in it stands in quotes',
  BAD_SCALAR_START: 'put the value in double quotes',
}

function yamlProblem(problem: YAMLError, text: string): Diagnostic {
  const blanks = problem.code === 'BAD_INDENT' ? /^[ ]*/.exec(text.slice(problem.pos[0]))![0].length : 0
  const start = Math.min(problem.pos[0] + blanks, text.length)
  const at = { start, end: Math.max(start, Math.min(problem.pos[1], text.length)) }
  if (problem.code === 'TAG_RESOLVE_FAILED')
    return diagnostic('custom-tag', at, { tag: problem.message.replace(/^.*?(!\S*).*$/s, '$1').slice(0, 80) })
  return diagnostic('yaml-syntax', at, { problem: firstLine(problem.message) }, remedy(problem, text))
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0]!.trim()
  return line.endsWith('.') ? line : `${line}.`
}

function anchorsOf(contents: unknown): Map<string, Node> {
  const anchors = new Map<string, Node>()
  const queue: unknown[] = [contents]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (isAlias(node) || node === null) continue
    const anchor = (node as { anchor?: string }).anchor
    if (anchor !== undefined) anchors.set(anchor, node as Node)
    if (isMap(node)) for (const pair of node.items) queue.push(pair.key, pair.value)
    else if (isSeq(node)) queue.push(...node.items)
  }
  return anchors
}

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

class Walker {
  readonly diagnostics: Diagnostic[] = []
  readonly #anchors: ReadonlyMap<string, Node>
  #nodes = 0

  constructor(anchors: ReadonlyMap<string, Node>) {
    this.#anchors = anchors
  }

  visit(node: Node | null, keyAt: Span | null, depth: number, aliasAt: Span | null = null): Located {
    const at = aliasAt ?? spanOf(node, keyAt)
    const nothing: Located = { value: null, at, keyAt, flow: false, children: new Map() }
    if (this.#exceeds(depth, at) || node === null) return nothing
    if (isAlias(node)) return this.#alias(node, keyAt, depth, at, nothing)
    if (isScalar(node)) return { ...nothing, value: this.#scalar(node, at) }
    const children = new Map<string | number, Located>()
    if (isMap(node)) {
      const value: Record<string, Json> = Object.create(null)
      for (const pair of node.items as Pair<Node, Node | null>[])
        this.#pair(pair, depth, aliasAt, children, value)
      return { value, at, keyAt, flow: node.flow === true, children }
    }
    if (!isSeq(node)) return nothing
    node.items.forEach((item, index) => {
      children.set(index, this.visit(item as Node, null, depth + 1, aliasAt))
    })
    const value = [...children.values()].map((each) => each.value)
    return { value, at, keyAt, flow: node.flow === true, children }
  }

  #alias(node: Alias, keyAt: Span | null, depth: number, at: Span, nothing: Located): Located {
    const target = this.#anchors.get(node.source)
    if (target !== undefined) return this.visit(target, keyAt, depth + 1, at)
    this.diagnostics.push(diagnostic('unresolved-alias', at, { alias: node.source }))
    return nothing
  }

  #pair(
    pair: Pair<Node, Node | null>,
    depth: number,
    aliasAt: Span | null,
    children: Map<string | number, Located>,
    value: Record<string, Json>,
  ): void {
    const keyAt = aliasAt ?? spanOf(pair.key, null)
    const key = this.#key(pair.key, keyAt)
    if (key === null) return
    if (children.has(key)) {
      this.diagnostics.push(diagnostic('duplicate-key', keyAt, { key }))
      return
    }
    const child = this.visit(pair.value, keyAt, depth + 1, aliasAt)
    children.set(key, child)
    value[key] = child.value
  }

  #key(key: Node, at: Span): string | null {
    if (!isScalar(key) || key.value === null || key.value === '') {
      this.diagnostics.push(diagnostic('not-a-key', at, {}))
      return null
    }
    const name = key.source ?? String(key.value)
    const text = typeof key.value === 'string' ? key.value : name
    if (!forbidden.has(text)) return text
    this.diagnostics.push(diagnostic('forbidden-name', at, { name: text }))
    return null
  }

  #scalar(node: Scalar, at: Span): Json {
    const { value } = node
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.diagnostics.push(diagnostic('not-finite', at, { number: node.source ?? String(value) }))
    }
    if (typeof value === 'string') {
      for (const found of value.matchAll(controls)) {
        this.diagnostics.push(diagnostic('control-character', at, { code: codePoint(found[0]) }))
        break
      }
    }
    return value as Json
  }

  #exceeds(depth: number, at: Span): boolean {
    if (depth <= limits.depth && ++this.#nodes <= limits.nodes) return false
    if (this.diagnostics.length === 0) {
      this.diagnostics.push(
        depth > limits.depth ? diagnostic('too-deep', at, {}) : diagnostic('too-many-nodes', at, {}),
      )
    }
    return true
  }
}

function spanOf(node: Node | null, keyAt: Span | null): Span {
  const range = node?.range
  if (range == null) return keyAt ?? { start: 0, end: 0 }
  return { start: range[0], end: Math.max(range[0], range[1]) }
}

/** The node at a path, or as far as the document goes along it. */
export function locate(root: Located, path: Path): Located {
  let current = root
  for (const step of path) {
    const next = current.children.get(step)
    if (next === undefined) return current
    current = next
  }
  return current
}
