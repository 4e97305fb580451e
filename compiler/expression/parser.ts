/** Recursive descent over the portable SQL subset; one function a level of precedence, loosest first. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { Comparison, Span } from '../ir.ts'
import { type BinaryOperator, partsOf, type Syntax, type TypeName } from './syntax.ts'
import { Complaint, type Token, tokenize } from './tokens.ts'

const limits = { characters: 20_000, depth: 100, nodes: 5_000, height: 250 }

/** Parses a whole expression; throws Complaint with offsets in `text`. */
export function parseExpression(text: string): Syntax {
  const whole = { start: 0, end: text.length }
  if (text.length > limits.characters) throw new Complaint(diagnostic('expression-too-complex', whole, {}))
  const parser = new Parser(tokenize(text))
  const syntax = parser.expression()
  parser.end()
  if (isTooHigh(syntax)) throw new Complaint(diagnostic('expression-too-complex', whole, {}))
  return syntax
}

/**
 * Chains such as `a + b + c` make trees that are deep to the left, which all that reads them walks recursively. Chains
 * of `and` or of `or` become one node and count once.
 */
function isTooHigh(syntax: Syntax): boolean {
  const waiting = [{ node: syntax, height: 1 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, height } = next
    if (height > limits.height) return true
    for (const part of partsOf(node)) {
      waiting.push({ node: part, height: isSameConnective(node, part) ? height : height + 1 })
    }
  }
  return false
}

function isSameConnective(outer: Syntax, inner: Syntax): boolean {
  if (outer.kind !== 'binary' || inner.kind !== 'binary' || outer.operator !== inner.operator) return false
  return outer.operator === 'and' || outer.operator === 'or'
}

/** Words that are never field names without back-ticks. */
const reserved = new Set([
  'and',
  'or',
  'not',
  'in',
  'between',
  'like',
  'escape',
  'is',
  'null',
  'true',
  'false',
  'case',
  'when',
  'then',
  'else',
  'end',
  'cast',
  'as',
  'distinct',
])

const comparisons = new Set<string>(['=', '<>', '<', '<=', '>', '>='])

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #nodes = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  expression(): Syntax {
    if (++this.#depth > limits.depth)
      throw new Complaint(diagnostic('expression-too-complex', this.#peek().at, {}))
    const syntax = this.#chain(['or'], () => this.#chain(['and'], () => this.#not()))
    this.#depth--
    return syntax
  }

  end(): void {
    if (this.#peek().kind !== 'end') this.#fail('an operator or the end')
  }

  #not(): Syntax {
    const { at } = this.#peek()
    if (!this.#takeWord('not')) return this.#predicate()
    return this.#nested(() => {
      const operand = this.#not()
      return { kind: 'not', operand, at: join(at, operand.at) }
    })
  }

  #predicate(): Syntax {
    let left = this.#concatenation()
    let compared = false
    for (;;) {
      const next = this.#predicateSuffix(left, compared)
      if (next === null) return left
      compared ||= next.kind === 'binary'
      left = next
      this.#count()
    }
  }

  /** Behind a comparison only `is null` may follow: `a < b < c` and `a = b in (c)` mean something else in each SQL. */
  #predicateSuffix(value: Syntax, compared: boolean): Syntax | null {
    const token = this.#peek()
    if (compared && this.#atPredicate()) this.#fail('"and" or "or"')
    if (token.kind === 'symbol' && comparisons.has(token.text)) {
      this.#next++
      const right = this.#concatenation()
      return {
        kind: 'binary',
        operator: token.text as Comparison,
        left: value,
        right,
        at: join(value.at, right.at),
      }
    }
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not')
      const end = this.#expectWord('null')
      return { kind: 'is-null', value, negated, at: join(value.at, end) }
    }
    const negated = this.#isWord('not', 0) && this.#takeWord('not')
    if (this.#takeWord('in')) return this.#in(value, negated)
    if (this.#takeWord('between')) return this.#between(value, negated)
    if (this.#takeWord('like')) return this.#like(value, negated)
    if (negated) this.#fail('"in", "between" or "like"')
    return null
  }

  #atPredicate(): boolean {
    const { kind, text } = this.#peek()
    return kind === 'symbol'
      ? comparisons.has(text)
      : ['not', 'in', 'between', 'like'].some((each) => this.#isWord(each, 0))
  }

  #in(value: Syntax, negated: boolean): Syntax {
    this.#expectSymbol('(')
    const items = this.#list()
    return { kind: 'in', value, items, negated, at: join(value.at, this.#expectSymbol(')')) }
  }

  #between(value: Syntax, negated: boolean): Syntax {
    const low = this.#concatenation()
    this.#expectWord('and')
    const high = this.#concatenation()
    return { kind: 'between', value, low, high, negated, at: join(value.at, high.at) }
  }

  #like(value: Syntax, negated: boolean): Syntax {
    const pattern = this.#concatenation()
    const escape = this.#takeWord('escape') ? this.#concatenation() : null
    return { kind: 'like', value, pattern, escape, negated, at: join(value.at, (escape ?? pattern).at) }
  }

  #concatenation(): Syntax {
    return this.#chain(['||'], () =>
      this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#unary())),
    )
  }

  #chain(operators: readonly BinaryOperator[], operand: () => Syntax): Syntax {
    let left = operand()
    for (;;) {
      const operator = this.#takeOperator(operators)
      if (operator === null) return left
      const right = operand()
      left = { kind: 'binary', operator, left, right, at: join(left.at, right.at) }
      this.#count()
    }
  }

  #takeOperator(operators: readonly BinaryOperator[]): BinaryOperator | null {
    const token = this.#peek()
    const found = operators.find((each) =>
      token.kind === 'symbol' ? token.text === each : this.#isWord(each, 0),
    )
    if (found !== undefined) this.#next++
    return found ?? null
  }

  #unary(): Syntax {
    const token = this.#peek()
    if (token.kind !== 'symbol' || (token.text !== '-' && token.text !== '+')) return this.#primary()
    this.#next++
    return this.#nested(() => {
      const operand = this.#unary()
      const at = join(token.at, operand.at)
      if (token.text === '+') return operand
      if (operand.kind === 'number' && !operand.digits.startsWith('-'))
        return { ...operand, digits: `-${operand.digits}`, at }
      return { kind: 'negate', operand, at }
    })
  }

  #nested(parse: () => Syntax): Syntax {
    if (++this.#depth > limits.depth)
      throw new Complaint(diagnostic('expression-too-complex', this.#peek().at, {}))
    const syntax = parse()
    this.#depth--
    return syntax
  }

  #primary(): Syntax {
    this.#count()
    const token = this.#peek()
    switch (token.kind) {
      case 'number':
        this.#next++
        return { kind: 'number', digits: token.text, at: token.at }
      case 'string':
        this.#next++
        return { kind: 'string', text: token.text, at: token.at }
      case 'name':
        this.#next++
        return { kind: 'name', name: token.text, at: token.at }
      case 'word':
        return this.#word(token)
      default:
        return this.#parenthesised()
    }
  }

  #parenthesised(): Syntax {
    if (!this.#takeSymbol('(')) this.#fail('a field, a literal, a function or "("')
    const inside = this.expression()
    this.#expectSymbol(')')
    return inside
  }

  #word(token: Token): Syntax {
    const word = token.text.toLowerCase()
    const following = this.#tokens[this.#next + 1]
    if (word === 'case') return this.#case(token.at)
    if (word === 'cast') return this.#cast(token.at)
    if (word === 'true' || word === 'false' || word === 'null') {
      this.#next++
      return word === 'null'
        ? { kind: 'null', at: token.at }
        : { kind: 'boolean', value: word === 'true', at: token.at }
    }
    if (reserved.has(word)) this.#fail('a field, a literal or a function')
    this.#next++
    if (following?.kind === 'symbol' && following.text === '(') return this.#call(word, token.at)
    return { kind: 'name', name: token.text, at: token.at }
  }

  #call(name: string, nameAt: Span): Syntax {
    this.#expectSymbol('(')
    const star = this.#takeSymbol('*')
    const distinct = !star && this.#takeWord('distinct')
    const empty = this.#peek().kind === 'symbol' && this.#peek().text === ')'
    const operands = star || empty ? [] : this.#list()
    return { kind: 'call', name, nameAt, operands, star, distinct, at: join(nameAt, this.#expectSymbol(')')) }
  }

  #list(): Syntax[] {
    const items = [this.expression()]
    while (this.#takeSymbol(',')) items.push(this.expression())
    return items
  }

  #case(start: Span): Syntax {
    this.#next++
    const subject = this.#isWord('when', 0) ? null : this.expression()
    const branches: { when: Syntax; then: Syntax }[] = []
    while (this.#takeWord('when')) {
      const test = this.expression()
      this.#expectWord('then')
      const when: Syntax =
        subject === null ? test : { kind: 'binary', operator: '=', left: subject, right: test, at: test.at }
      branches.push({ when, then: this.expression() })
    }
    if (branches.length === 0) this.#fail('"when"')
    const otherwise = this.#takeWord('else') ? this.expression() : null
    return { kind: 'case', branches, otherwise, at: join(start, this.#expectWord('end')) }
  }

  #cast(start: Span): Syntax {
    this.#next++
    this.#expectSymbol('(')
    const operand = this.expression()
    this.#expectWord('as')
    const type = this.#typeName()
    return { kind: 'cast', operand, type, at: join(start, this.#expectSymbol(')')) }
  }

  #typeName(): TypeName {
    const token = this.#peek()
    if (token.kind !== 'word') this.#fail('a type')
    this.#next++
    const numbers: number[] = []
    let at = token.at
    if (this.#takeSymbol('(')) {
      do numbers.push(this.#wholeNumber())
      while (this.#takeSymbol(','))
      at = join(at, this.#expectSymbol(')'))
    }
    return { name: token.text.toLowerCase(), arguments: numbers, at }
  }

  #wholeNumber(): number {
    const token = this.#peek()
    if (token.kind !== 'number' || !/^[0-9]{1,9}$/.test(token.text)) this.#fail('a whole number')
    this.#next++
    return Number(token.text)
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!
  }

  #isWord(word: string, ahead: number): boolean {
    const token = this.#tokens[this.#next + ahead]
    return token?.kind === 'word' && token.text.toLowerCase() === word
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word, 0)) return false
    this.#next++
    return true
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'symbol' || token.text !== symbol) return false
    this.#next++
    return true
  }

  #expectWord(word: string): Span {
    const { at } = this.#peek()
    if (!this.#takeWord(word)) this.#fail(`"${word}"`)
    return at
  }

  #expectSymbol(symbol: string): Span {
    const { at } = this.#peek()
    if (!this.#takeSymbol(symbol)) this.#fail(`"${symbol}"`)
    return at
  }

  #count(): void {
    if (++this.#nodes > limits.nodes)
      throw new Complaint(diagnostic('expression-too-complex', this.#peek().at, {}))
  }

  #fail(expected: string): never {
    const token = this.#peek()
    const found = token.kind === 'end' ? 'the end' : `"${token.text.slice(0, 40)}"`
    const hint =
      token.kind === 'word' && reserved.has(token.text.toLowerCase())
        ? `a field of that name goes in back-ticks: \`${token.text}\``
        : null
    throw new Complaint(diagnostic('expression-syntax', token.at, { found, expected }, hint))
  }
}

function join(first: Span, last: Span): Span {
  return { start: first.start, end: last.end }
}
