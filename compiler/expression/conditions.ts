/** What is true or not: comparisons, lists, patterns, and their opposites, so that no NOT is left over. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { Comparison, Condition, Span, Type, Value } from '../ir.ts'
import { convert, expectType } from './literals.ts'
import { commonTypeAt, comparable, notComparable, valuesTogether } from './meeting.ts'
import type { Syntax } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { commonType, described, isInteger } from './types.ts'
import type { SyntaxOf, Typing } from './typing.ts'

const opposite: Readonly<Record<Comparison, Comparison>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
}

export function isComparison(operator: string): operator is Comparison {
  return Object.hasOwn(opposite, operator)
}

export function isConnective(operator: string): operator is 'and' | 'or' {
  return operator === 'and' || operator === 'or'
}

export function binaryCondition(
  syntax: SyntaxOf<'binary'>,
  negate: boolean,
  at: Span,
  typing: Typing,
): Condition {
  const { operator } = syntax
  if (isConnective(operator)) {
    // De Morgan holds in three-valued logic too.
    const kind = (operator === 'and') !== negate ? 'and' : 'or'
    const operands = flatten(syntax, operator).map((each) => typing.condition(each, negate))
    return { kind, operands, at }
  }
  if (!isComparison(operator)) return truthOf(syntax, negate, at, typing)
  refuseNull([syntax.left, syntax.right], operator, typing)
  const [one, other] = valuesTogether([syntax.left, syntax.right], typing)
  const [left, right] = comparable(one!, other!, operator, at)
  return { kind: 'compare', operator: negate ? opposite[operator] : operator, left, right, at }
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

function refuseNull(all: readonly Syntax[], operator: string, { place }: Typing): void {
  const found = all.find((each) => each.kind === 'null')
  if (found !== undefined) throw new Complaint(diagnostic('compare-with-null', place(found.at), { operator }))
}

export function inList(syntax: SyntaxOf<'in'>, negate: boolean, at: Span, typing: Typing): Condition {
  refuseNull(syntax.items, 'in a list with', typing)
  const [value, ...items] = valuesTogether([syntax.value, ...syntax.items], typing) as [Value, ...Value[]]
  const computed = items.find((each) => each.kind !== 'literal')
  if (computed !== undefined)
    throw new Complaint(
      diagnostic('argument-literal', computed.at, { function: 'in (…)', what: 'every item is a literal' }),
    )
  const common = items.reduce<Type | null>(
    (type, item) => type && commonTypeAt(type, item.type, item.at),
    value.type,
  )
  if (common === null) {
    const odd = items.find((each) => commonType(value.type, each.type) === null) ?? value
    throw notComparable(value, odd, odd.at)
  }
  const keep = isInteger(common)
  return {
    kind: 'in',
    value: keep ? value : convert(value, common),
    items: keep ? items : items.map((each) => convert(each, common)),
    negated: syntax.negated !== negate,
    at,
  }
}

export function between(syntax: SyntaxOf<'between'>, negate: boolean, at: Span, typing: Typing): Condition {
  const all = [syntax.value, syntax.low, syntax.high]
  refuseNull(all, 'between', typing)
  const three = valuesTogether(all, typing) as [Value, Value, Value]
  const [value, low, high] = three
  comparable(value, low, '<', at)
  comparable(value, high, '<', at)
  const common = commonTypeAt(commonTypeAt(value.type, low.type, at)!, high.type, at)!
  const [a, b, c] = isInteger(common) ? three : three.map((each) => convert(each, common))
  return { kind: 'between', value: a!, low: b!, high: c!, negated: syntax.negated !== negate, at }
}

export function like(syntax: SyntaxOf<'like'>, negate: boolean, at: Span, typing: Typing): Condition {
  const value = expectType(typing.value(syntax.value), types.string, 'like')
  const pattern = textOf(syntax.pattern, 'the pattern is a text literal', typing)
  const escape = syntax.escape === null ? null : textOf(syntax.escape, 'the escape is a text literal', typing)
  if (escape !== null && [...escape].length !== 1)
    throw badPattern(syntax.escape!, 'the escape is one character', typing)
  if (escape !== null && !escapesWell(pattern, escape))
    throw badPattern(syntax.pattern, `${escape} is followed by %, _ or ${escape}`, typing)
  return { kind: 'like', value, pattern, escape, negated: syntax.negated !== negate, at }
}

function textOf(syntax: Syntax, what: string, typing: Typing): string {
  if (syntax.kind === 'string') return syntax.text
  throw badPattern(syntax, what, typing)
}

function badPattern({ at }: Syntax, what: string, { place }: Typing): Complaint {
  return new Complaint(diagnostic('argument-literal', place(at), { function: 'like', what }))
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

/** A boolean value as a condition. */
export function truthOf(syntax: Syntax, negate: boolean, at: Span, typing: Typing): Condition {
  const value = typing.value(syntax)
  if (value.type.kind !== 'boolean') {
    throw new Complaint(
      diagnostic('not-a-condition', at, { found: described(value) }, 'compare it with something'),
    )
  }
  return { kind: 'truth', value, negated: negate, at }
}
