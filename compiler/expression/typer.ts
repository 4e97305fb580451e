/** From syntax to typed values and conditions: names become fields, mixed types meet through casts, NOT sinks to the leaves. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { Comparison, Condition, Field, Literal, Span, Type, Value } from '../ir.ts'
import { castable, castTargets } from './casts.ts'
import { aggregates, functions } from './functions.ts'
import type { Call, Syntax, TypeName } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { commonType, described, isInteger, isNumeric, sameType, sumType, typeName } from './types.ts'

type SyntaxOf<K extends Syntax['kind']> = Extract<Syntax, { kind: K }>
type BinarySyntax = SyntaxOf<'binary'>
type Place = (at: Span) => Span

const opposite: Readonly<Record<Comparison, Comparison>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
}
const connectives = new Set<string>(['and', 'or'])
const comparisons = new Set<string>(Object.keys(opposite))

/** Each is written twice, and those within it four times: this ends such doubling in time. */
const mostConditionsAsValues = 200

/** A literal whose digits are all written out. */
const plainNumber = /^-?[0-9]+(\.[0-9]+)?$/

/** What engines call otherwise, or write with another function. */
const elsewhere: ReadonlyMap<string, string> = new Map(
  Object.entries({
    concat: 'write a || b',
    ifnull: 'write coalesce(a, b)',
    nvl: 'write coalesce(a, b)',
    if: 'write case when … then … else … end',
    iff: 'write case when … then … else … end',
    mod: 'write a % b',
    len: 'write length(a)',
    char_length: 'write length(a)',
    substr: 'write substring(a, 1, 3)',
    ucase: 'write upper(a)',
    lcase: 'write lower(a)',
    ceiling: 'write ceil(a)',
  }),
)

export class Typer {
  readonly #fields: ReadonlyMap<string, Field>
  readonly #source: string
  readonly #place: Place
  #conditionsAsValues = 0

  /** `place` maps offsets in the expression to offsets in the file. */
  constructor(fields: readonly Field[], source: string, place: Place) {
    this.#fields = new Map(fields.map((each) => [each.name, each]))
    this.#source = source
    this.#place = place
  }

  /** The syntax as a condition, or with `negate` as its opposite. */
  condition(syntax: Syntax, negate: boolean): Condition {
    const at = this.#place(syntax.at)
    switch (syntax.kind) {
      case 'not':
        return this.condition(syntax.operand, !negate)
      case 'binary':
        return this.#binaryCondition(syntax, negate, at)
      case 'in':
        return this.#in(syntax, negate, at)
      case 'between':
        return this.#between(syntax, negate, at)
      case 'like':
        return this.#like(syntax, negate, at)
      case 'is-null':
        return { kind: 'is-null', value: this.value(syntax.value), negated: syntax.negated !== negate, at }
      default:
        return this.#truth(syntax, negate, at)
    }
  }

  value(syntax: Syntax): Value {
    const at = this.#place(syntax.at)
    switch (syntax.kind) {
      case 'name':
        return this.#field(syntax.name, at)
      case 'string':
        return literal({ kind: 'string', text: syntax.text }, types.string, at)
      case 'boolean':
        return literal({ kind: 'boolean', value: syntax.value }, types.boolean, at)
      case 'number':
        return this.#number(syntax.digits, at)
      case 'null':
        throw this.#complain(diagnostic('untyped-null', at, {}))
      case 'negate':
        return this.#negate(this.#numbers([syntax.operand], '-')[0]!, at)
      case 'binary':
        return this.#binaryValue(syntax, at)
      case 'case':
        return this.#case(syntax, at)
      case 'cast':
        return this.#cast(syntax, at)
      case 'call':
        return this.#call(syntax, at)
      default:
        return this.#conditionAsValue(syntax, at)
    }
  }

  #complain(found: Diagnostic): Complaint {
    return new Complaint(found)
  }

  // Conditions

  #binaryCondition(syntax: BinarySyntax, negate: boolean, at: Span): Condition {
    const { operator } = syntax
    if (operator === 'and' || operator === 'or') {
      // De Morgan holds in three-valued logic too.
      const kind = (operator === 'and') !== negate ? 'and' : 'or'
      const operands = flatten(syntax, operator).map((each) => this.condition(each, negate))
      return { kind, operands, at }
    }
    if (!comparisons.has(operator)) return this.#truth(syntax, negate, at)
    const comparison = operator as Comparison
    this.#refuseNull(syntax.left, comparison)
    this.#refuseNull(syntax.right, comparison)
    const [one, other] = this.#exact([syntax.left, syntax.right])
    const [left, right] = this.#comparable(one!, other!, comparison, at)
    return { kind: 'compare', operator: negate ? opposite[comparison] : comparison, left, right, at }
  }

  #refuseNull(syntax: Syntax, operator: string): void {
    if (syntax.kind === 'null') {
      throw this.#complain(diagnostic('compare-with-null', this.#place(syntax.at), { operator }))
    }
  }

  #comparable(left: Value, right: Value, operator: string, at: Span): [Value, Value] {
    const ordered = operator !== '=' && operator !== '<>'
    const common = this.#common(left.type, right.type, at)
    if (common === null || (ordered && common.kind === 'boolean')) {
      throw this.#complain(
        diagnostic(
          'not-comparable',
          at,
          { left: described(left), right: described(right) },
          comparisonHint(left, right),
        ),
      )
    }
    if (isInteger(common)) return [left, right]
    return [this.#convert(left, common), this.#convert(right, common)]
  }

  /** Two decimals may have no common one: the digits before the point of one and behind it of the other. */
  #common(a: Type, b: Type, at: Span): Type | null {
    const common = commonType(a, b)
    if (common?.kind === 'decimal' && common.precision > types.maximumPrecision)
      throw this.#complain(diagnostic('decimal-too-wide', at, { precision: common.precision }))
    return common
  }

  /**
   * The values of expressions that meet each other. `1.5` alone is a double, but beside a decimal it is decimal(2,1),
   * so that nothing is rounded; of nulls, which have no type yet, there are none here.
   */
  #exact(all: readonly Syntax[]): Value[] {
    const values = all.map((each) => this.value(each))
    if (!values.some((each) => each.type.kind === 'decimal')) return values
    return values.map((value, index) => {
      const syntax = all[index]!
      return syntax.kind === 'number' && plainNumber.test(syntax.digits)
        ? decimalLiteral(syntax.digits, value.at)
        : value
    })
  }

  #in(syntax: SyntaxOf<'in'>, negate: boolean, at: Span): Condition {
    for (const each of syntax.items) this.#refuseNull(each, 'in a list with')
    const [value, ...items] = this.#exact([syntax.value, ...syntax.items]) as [Value, ...Value[]]
    const computed = items.find((each) => each.kind !== 'literal')
    if (computed !== undefined)
      throw this.#complain(
        diagnostic('argument-literal', computed.at, { function: 'in (…)', what: 'every item is a literal' }),
      )
    const common = items.reduce<Type | null>(
      (type, item) => type && this.#common(type, item.type, item.at),
      value.type,
    )
    if (common === null) {
      const odd = items.find((each) => commonType(value.type, each.type) === null) ?? value
      throw this.#complain(
        diagnostic(
          'not-comparable',
          odd.at,
          { left: described(value), right: described(odd) },
          comparisonHint(value, odd),
        ),
      )
    }
    const keep = isInteger(common)
    return {
      kind: 'in',
      value: keep ? value : this.#convert(value, common),
      items: keep ? items : items.map((each) => this.#convert(each, common)),
      negated: syntax.negated !== negate,
      at,
    }
  }

  #between(syntax: SyntaxOf<'between'>, negate: boolean, at: Span): Condition {
    for (const each of [syntax.value, syntax.low, syntax.high]) this.#refuseNull(each, 'between')
    const three = this.#exact([syntax.value, syntax.low, syntax.high]) as [Value, Value, Value]
    const [value, low, high] = three
    this.#comparable(value, low, '<', at)
    this.#comparable(value, high, '<', at)
    const common = this.#common(this.#common(value.type, low.type, at)!, high.type, at)!
    const [a, b, c] = isInteger(common) ? three : three.map((each) => this.#convert(each, common))
    return { kind: 'between', value: a!, low: b!, high: c!, negated: syntax.negated !== negate, at }
  }

  #like(syntax: SyntaxOf<'like'>, negate: boolean, at: Span): Condition {
    const value = this.#expect(this.value(syntax.value), types.string, 'like')
    const pattern = this.#text(syntax.pattern, 'like', 'the pattern is a text literal')
    const escape =
      syntax.escape === null ? null : this.#text(syntax.escape, 'like', 'the escape is a text literal')
    if (escape !== null && [...escape].length !== 1) {
      throw this.#complain(
        diagnostic('argument-literal', this.#place(syntax.escape!.at), {
          function: 'like',
          what: 'the escape is one character',
        }),
      )
    }
    if (escape !== null && !escapesWell(pattern, escape)) {
      throw this.#complain(
        diagnostic('argument-literal', this.#place(syntax.pattern.at), {
          function: 'like',
          what: `${escape} is followed by %, _ or ${escape}`,
        }),
      )
    }
    return { kind: 'like', value, pattern, escape, negated: syntax.negated !== negate, at }
  }

  #text(syntax: Syntax, name: string, what: string): string {
    if (syntax.kind === 'string') return syntax.text
    throw this.#complain(diagnostic('argument-literal', this.#place(syntax.at), { function: name, what }))
  }

  #truth(syntax: Syntax, negate: boolean, at: Span): Condition {
    const value = this.value(syntax)
    if (value.type.kind !== 'boolean') {
      throw this.#complain(
        diagnostic('not-a-condition', at, { found: described(value) }, 'compare it with something'),
      )
    }
    return { kind: 'truth', value, negated: negate, at }
  }

  /** Where only "true or not" may matter, null is told from false by asking twice: is it true, is it false. */
  #conditionAsValue(syntax: Syntax, at: Span): Value {
    if (++this.#conditionsAsValues > mostConditionsAsValues)
      throw this.#complain(diagnostic('expression-too-complex', at, {}))
    const yes = literal({ kind: 'boolean', value: true }, types.boolean, at)
    const no = literal({ kind: 'boolean', value: false }, types.boolean, at)
    return {
      kind: 'case',
      branches: [
        { when: this.condition(syntax, false), then: yes },
        { when: this.condition(syntax, true), then: no },
      ],
      otherwise: { kind: 'null', type: types.boolean, at },
      type: types.boolean,
      at,
    }
  }

  // Values

  #field(name: string, at: Span): Value {
    const field = this.#fields.get(name)
    if (field !== undefined) return { kind: 'field', name, type: field.type, at }
    throw this.#complain(
      diagnostic(
        'unknown-field',
        at,
        { field: name, source: this.#source },
        didYouMean(name, this.#fields.keys()),
      ),
    )
  }

  #number(digits: string, at: Span): Value {
    if (/[eE.]/.test(digits)) {
      const value = Number(digits)
      if (!Number.isFinite(value)) throw this.#complain(diagnostic('not-finite', at, { number: digits }))
      return literal({ kind: 'double', value }, types.double, at)
    }
    const value = BigInt(digits)
    if (BigInt.asIntN(64, value) !== value)
      throw this.#complain(diagnostic('number-out-of-range', at, { number: digits.slice(0, 60) }))
    return literal({ kind: 'integer', value }, types.bigint, at)
  }

  #numbers(operands: readonly Syntax[], operator: string): Value[] {
    const sums = operator === '+' || operator === '-'
    const values = sums ? this.#exact(operands) : operands.map((each) => this.value(each))
    const odd = values.find((each) => !isNumeric(each.type))
    if (odd === undefined) return values
    throw this.#complain(
      diagnostic('type-mismatch', odd.at, {
        what: `"${operator}"`,
        expected: 'numbers',
        found: described(odd),
      }),
    )
  }

  #negate(operand: Value, at: Span): Value {
    const value = operand.type.kind === 'int' ? this.#convert(operand, types.bigint) : operand
    return { kind: 'negate', operand: value, type: value.type, at }
  }

  #binaryValue(syntax: BinarySyntax, at: Span): Value {
    const { operator } = syntax
    if (connectives.has(operator) || comparisons.has(operator)) return this.#conditionAsValue(syntax, at)
    if (operator === '||') {
      const left = this.#expect(this.value(syntax.left), types.string, '||')
      const right = this.#expect(this.value(syntax.right), types.string, '||')
      return { kind: 'concat', left, right, type: types.string, at }
    }
    const [left, right] = this.#numbers([syntax.left, syntax.right], operator) as [Value, Value]
    if (operator === '/') return this.#divide(left, right, at)
    return operator === '%'
      ? this.#modulo(left, right, at)
      : this.#arithmetic(operator as '+' | '-' | '*', left, right, at)
  }

  #divide(left: Value, right: Value, at: Span): Value {
    return {
      kind: 'divide',
      left: this.#convert(left, types.double),
      right: this.#convert(right, types.double),
      type: types.double,
      at,
    }
  }

  #modulo(left: Value, right: Value, at: Span): Value {
    for (const each of [left, right]) {
      if (!isInteger(each.type))
        throw this.#complain(
          diagnostic('type-mismatch', each.at, {
            what: '"%"',
            expected: 'whole numbers',
            found: described(each),
          }),
        )
    }
    return {
      kind: 'modulo',
      left: this.#convert(left, types.bigint),
      right: this.#convert(right, types.bigint),
      type: types.bigint,
      at,
    }
  }

  #arithmetic(operator: '+' | '-' | '*', left: Value, right: Value, at: Span): Value {
    const common = commonType(left.type, right.type)!
    if (common.kind !== 'decimal') {
      const type = isInteger(common) ? types.bigint : types.double
      return {
        kind: 'arithmetic',
        operator,
        left: this.#convert(left, type),
        right: this.#convert(right, type),
        type,
        at,
      }
    }
    // Engines disagree on how wide a decimal product is, so that it goes through double.
    if (operator === '*')
      return this.#arithmetic(
        operator,
        this.#convert(left, types.double),
        this.#convert(right, types.double),
        at,
      )
    const a = this.#toDecimal(left)
    const b = this.#toDecimal(right)
    const type = sumType(a.type, b.type)
    if (type.precision > types.maximumPrecision)
      throw this.#complain(diagnostic('decimal-too-wide', at, { precision: type.precision }))
    return { kind: 'arithmetic', operator, left: a, right: b, type, at }
  }

  #toDecimal(value: Value): Value {
    return this.#convert(value, types.asDecimal(value.type))
  }

  #case(syntax: SyntaxOf<'case'>, at: Span): Value {
    const results = [
      ...syntax.branches.map((each) => each.then),
      ...(syntax.otherwise === null ? [] : [syntax.otherwise]),
    ]
    const values = this.#unify(results, 'case', at)
    const type = values[0]!.type
    const branches = syntax.branches.map((each, index) => ({
      when: this.condition(each.when, false),
      then: values[index]!,
    }))
    const otherwise: Value = syntax.otherwise === null ? { kind: 'null', type, at } : values.at(-1)!
    return { kind: 'case', branches, otherwise, type, at }
  }

  /** All of one type; a bare null takes the type of the others. */
  #unify(all: readonly Syntax[], what: string, at: Span): Value[] {
    const typed = this.#exact(all.filter((each) => each.kind !== 'null'))
    const [first, ...rest] = typed
    if (first === undefined) throw this.#complain(diagnostic('untyped-null', at, {}))
    let type = first.type
    for (const each of rest) {
      const common = this.#common(type, each.type, each.at)
      if (common === null)
        throw this.#complain(
          diagnostic('no-common-type', each.at, {
            what: `"${what}"`,
            left: typeName(type),
            right: typeName(each.type),
          }),
        )
      type = common
    }
    if (type.kind === 'int' && typed.length > 1) type = types.bigint
    const values = typed[Symbol.iterator]()
    return all.map(
      (each): Value =>
        each.kind === 'null'
          ? { kind: 'null', type, at: this.#place(each.at) }
          : this.#convert(values.next().value!, type),
    )
  }

  #cast(syntax: SyntaxOf<'cast'>, at: Span): Value {
    const type = this.#type(syntax.type)
    if (syntax.operand.kind === 'null') return { kind: 'null', type, at }
    const operand = this.value(syntax.operand)
    if (sameType(operand.type, type)) return operand
    if (castable(operand.type, type)) return this.#convert(operand, type, at)
    const targets = castTargets(operand.type)
    const words = targets.map((each) => (each === operand.type.kind ? `a wider ${each}` : each))
    const hint = words.length === 0 ? null : `it can be cast to ${words.join(', ')}`
    throw this.#complain(
      diagnostic('unsupported-cast', at, { from: typeName(operand.type), to: typeName(type) }, hint),
    )
  }

  #type(name: TypeName): Type {
    const at = this.#place(name.at)
    if (name.name === 'decimal') {
      const [precision = 10, scale = 0] = name.arguments
      if (precision < 1 || precision > 38 || scale > precision)
        throw this.#complain(diagnostic('bad-decimal', at, { type: `decimal(${name.arguments.join(',')})` }))
      return types.decimal(precision, scale)
    }
    const plain = [types.string, types.boolean, types.int, types.bigint, types.double, types.timestamp].find(
      (each) => each.kind === name.name,
    )
    if (plain !== undefined && name.arguments.length === 0) return plain
    throw this.#complain(
      diagnostic(
        'bad-type',
        at,
        { type: name.name },
        didYouMean(name.name, ['string', 'boolean', 'int', 'bigint', 'double', 'decimal']),
      ),
    )
  }

  #call(call: Call, at: Span): Value {
    const nameAt = this.#place(call.nameAt)
    if (aggregates.has(call.name))
      throw this.#complain(diagnostic('aggregate-here', nameAt, { name: call.name }))
    if (call.distinct) throw this.#complain(diagnostic('distinct-here', nameAt, { function: call.name }))
    if (call.name === 'coalesce') return this.#coalesce(call, at)
    if (call.name === 'nullif') return this.#nullif(call, at)
    const rule = functions.get(call.name)
    if (rule === undefined) {
      const known = [...functions.keys(), 'coalesce', 'nullif', 'cast', 'case']
      throw this.#complain(
        diagnostic(
          'unknown-function',
          nameAt,
          { name: call.name },
          elsewhere.get(call.name) ?? didYouMean(call.name, known) ?? `there are ${known.join(', ')}`,
        ),
      )
    }
    if (call.star || call.operands.length < rule.least || call.operands.length > rule.most) {
      throw this.#complain(
        diagnostic('argument-count', at, {
          function: call.name,
          expected: rule.expected,
          found: call.star ? '*' : call.operands.length,
        }),
      )
    }
    const [first, ...rest] = call.operands.map((each) => this.value(each))
    const subject = this.#argument(first!, rule.argument, call.name)
    const problem = rule.literals(rest)
    if (problem !== null)
      throw this.#complain(
        diagnostic('argument-literal', (rest[problem.index] ?? subject).at, {
          function: call.name,
          what: problem.what,
        }),
      )
    return {
      kind: 'call',
      function: rule.name,
      operands: [subject, ...rest],
      type: rule.result(subject.type),
      at,
    }
  }

  #argument(value: Value, wanted: 'string' | 'double' | 'number', name: string): Value {
    if (wanted === 'string') return this.#expect(value, types.string, name)
    if (!isNumeric(value.type))
      throw this.#complain(
        diagnostic('type-mismatch', value.at, { what: name, expected: 'a number', found: described(value) }),
      )
    if (wanted === 'double') return this.#convert(value, types.double)
    return value.type.kind === 'int' ? this.#convert(value, types.bigint) : value
  }

  #coalesce(call: Call, at: Span): Value {
    if (call.operands.length < 2)
      throw this.#complain(
        diagnostic('argument-count', at, {
          function: 'coalesce',
          expected: 'two arguments or more',
          found: call.operands.length,
        }),
      )
    const operands = this.#unify(call.operands, 'coalesce', at)
    return { kind: 'coalesce', operands, type: operands[0]!.type, at }
  }

  #nullif(call: Call, at: Span): Value {
    if (call.operands.length !== 2)
      throw this.#complain(
        diagnostic('argument-count', at, {
          function: 'nullif',
          expected: 'two arguments',
          found: call.operands.length,
        }),
      )
    const [left, right] = this.#unify(call.operands, 'nullif', at)
    return { kind: 'nullif', left: left!, right: right!, type: left!.type, at }
  }

  #expect(value: Value, type: Type, what: string): Value {
    if (sameType(value.type, type)) return value
    const hint = castable(value.type, type) ? `write cast(… as ${typeName(type)})` : null
    throw this.#complain(
      diagnostic(
        'type-mismatch',
        value.at,
        { what: `"${what}"`, expected: typeName(type), found: described(value) },
        hint,
      ),
    )
  }

  /** An implicit conversion, which the types allow; literals convert here and now. */
  #convert(value: Value, type: Type, at: Span = value.at): Value {
    if (sameType(value.type, type)) return value
    if (value.kind === 'null') return { ...value, type }
    const converted = value.kind === 'literal' ? convertLiteral(value.literal, type, at) : null
    return converted ?? { kind: 'cast', operand: value, type, at }
  }
}

/** The operands of a chain of `and` or of `or`, in order. */
function flatten(syntax: Syntax, operator: string): Syntax[] {
  const operands: Syntax[] = []
  const waiting: Syntax[] = [syntax]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.kind === 'binary' && next.operator === operator) waiting.push(next.right, next.left)
    else operands.push(next)
  }
  return operands
}

function literal(value: Literal, type: Type, at: Span): Value {
  return { kind: 'literal', literal: value, type, at }
}

/** With its own precision and scale: `12.50` is decimal(4,2). */
function decimalLiteral(digits: string, at: Span): Value {
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const significant = whole.replace(/^0+(?=.)/, '')
  const precision = Math.max(1, (significant === '0' ? '' : significant).length + fraction.length)
  return literal({ kind: 'decimal', digits }, types.decimal(precision, fraction.length), at)
}

function convertLiteral(value: Literal, type: Type, at: Span): Value | null {
  if (value.kind === 'integer' && type.kind === 'double')
    return literal({ kind: 'double', value: Number(value.value) }, type, at)
  if (value.kind === 'integer' && type.kind === 'decimal')
    return literal({ kind: 'decimal', digits: String(value.value) }, type, at)
  if (value.kind === 'integer' && type.kind === 'bigint') return literal(value, type, at)
  if (value.kind === 'decimal' && type.kind === 'decimal') return literal(value, type, at)
  if (value.kind === 'decimal' && type.kind === 'double')
    return literal({ kind: 'double', value: Number(value.digits) }, type, at)
  return null
}

function comparisonHint(left: Value, right: Value): string | null {
  if (left.type.kind === 'boolean' && right.type.kind === 'boolean') return 'true and false have no order'
  const number = [left, right].find((each) => each.kind === 'literal' && each.literal.kind === 'integer')
  const text = [left, right].find((each) => each.type.kind === 'string')
  if (number?.kind === 'literal' && number.literal.kind === 'integer' && text !== undefined)
    return `text stands in quotes: '${number.literal.value}'`
  const quoted = [left, right].find((each) => each.kind === 'literal' && each.literal.kind === 'string')
  if (
    quoted?.kind === 'literal' &&
    quoted.literal.kind === 'string' &&
    /^-?[0-9.]+$/.test(quoted.literal.text)
  )
    return `a number has no quotes: ${quoted.literal.text}`
  return null
}

function escapesWell(pattern: string, escape: string): boolean {
  const characters = [...pattern]
  for (let i = 0; i < characters.length; i++) {
    if (characters[i] !== escape) continue
    const next = characters[++i]
    if (next !== '%' && next !== '_' && next !== escape) return false
  }
  return true
}
