/** What has a value: fields, arithmetic, choices, casts. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { Span, Type, Value } from '../ir.ts'
import { castable, castTargets } from './casts.ts'
import { convert, expectType } from './literals.ts'
import { numbersOf, unified } from './meeting.ts'
import type { BinaryOperator, Syntax, TypeName } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { commonType, described, isInteger, sameType, sumType, typeName } from './types.ts'
import type { SyntaxOf, Typing } from './typing.ts'

export function fieldValue(name: string, at: Span, { fields, source }: Typing): Value {
  const field = fields.get(name)
  if (field !== undefined) return { kind: 'field', name, type: field.type, at }
  throw new Complaint(
    diagnostic('unknown-field', at, { field: name, source }, didYouMean(name, fields.keys())),
  )
}

export function negated(syntax: Syntax, at: Span, typing: Typing): Value {
  const operand = numbersOf([syntax], '-', typing)[0]!
  const value = operand.type.kind === 'int' ? convert(operand, types.bigint) : operand
  return { kind: 'negate', operand: value, type: value.type, at }
}

/** `operator` is one that computes: no comparison, no `and`, no `or`. */
export function computed({ left, right, operator }: SyntaxOf<'binary'>, at: Span, typing: Typing): Value {
  if (operator === '||') return concatenated(typing.value(left), typing.value(right), at)
  const [a, b] = numbersOf([left, right], operator, typing) as [Value, Value]
  if (operator === '/') return divided(a, b, at)
  return operator === '%' ? modulo(a, b, at) : arithmetic(operator as Arithmetic, a, b, at)
}

type Arithmetic = Extract<BinaryOperator, '+' | '-' | '*'>

function concatenated(one: Value, other: Value, at: Span): Value {
  const left = expectType(one, types.string, '||')
  const right = expectType(other, types.string, '||')
  return { kind: 'concat', left, right, type: types.string, at }
}

function divided(left: Value, right: Value, at: Span): Value {
  return {
    kind: 'divide',
    left: convert(left, types.double),
    right: convert(right, types.double),
    type: types.double,
    at,
  }
}

function modulo(left: Value, right: Value, at: Span): Value {
  const odd = [left, right].find((each) => !isInteger(each.type))
  if (odd !== undefined) {
    const wanted = { what: '"%"', expected: 'whole numbers', found: described(odd) }
    throw new Complaint(diagnostic('type-mismatch', odd.at, wanted))
  }
  return {
    kind: 'modulo',
    left: convert(left, types.bigint),
    right: convert(right, types.bigint),
    type: types.bigint,
    at,
  }
}

function arithmetic(operator: Arithmetic, left: Value, right: Value, at: Span): Value {
  const common = commonType(left.type, right.type)!
  if (common.kind === 'decimal' && operator !== '*') return decimalSum(operator, left, right, at)
  // Engines disagree on how wide a decimal product is, so that it goes through double.
  const type = isInteger(common) ? types.bigint : types.double
  return { kind: 'arithmetic', operator, left: convert(left, type), right: convert(right, type), type, at }
}

function decimalSum(operator: '+' | '-', left: Value, right: Value, at: Span): Value {
  const [a, b] = [left, right].map((each) => convert(each, types.asDecimal(each.type))) as [Value, Value]
  const type = sumType(a.type, b.type)
  if (type.precision > types.maximumPrecision)
    throw new Complaint(diagnostic('decimal-too-wide', at, { precision: type.precision }))
  return { kind: 'arithmetic', operator, left: a, right: b, type, at }
}

export function choice(syntax: SyntaxOf<'case'>, at: Span, typing: Typing): Value {
  const results = [
    ...syntax.branches.map((each) => each.then),
    ...(syntax.otherwise === null ? [] : [syntax.otherwise]),
  ]
  const values = unified(results, 'case', at, typing)
  const type = values[0]!.type
  const branches = syntax.branches.map((each, index) => ({
    when: typing.condition(each.when, false),
    then: values[index]!,
  }))
  const otherwise: Value = syntax.otherwise === null ? { kind: 'null', type, at } : values.at(-1)!
  return { kind: 'case', branches, otherwise, type, at }
}

export function cast(syntax: SyntaxOf<'cast'>, at: Span, typing: Typing): Value {
  const type = namedType(syntax.type, typing)
  if (syntax.operand.kind === 'null') return { kind: 'null', type, at }
  const operand = typing.value(syntax.operand)
  if (sameType(operand.type, type)) return operand
  if (castable(operand.type, type)) return convert(operand, type, at)
  const targets = castTargets(operand.type)
  const words = targets.map((each) => (each === operand.type.kind ? `a wider ${each}` : each))
  const hint = words.length === 0 ? null : `it can be cast to ${words.join(', ')}`
  throw new Complaint(
    diagnostic('unsupported-cast', at, { from: typeName(operand.type), to: typeName(type) }, hint),
  )
}

const plainTypes = [
  types.string,
  types.boolean,
  types.int,
  types.bigint,
  types.double,
  types.timestamp,
] as const
const castWords = ['string', 'boolean', 'int', 'bigint', 'double', 'decimal']

function namedType(name: TypeName, { place }: Typing): Type {
  const at = place(name.at)
  if (name.name === 'decimal') return decimalType(name.arguments, at)
  const plain = plainTypes.find((each) => each.kind === name.name)
  if (plain !== undefined && name.arguments.length === 0) return plain
  throw new Complaint(diagnostic('bad-type', at, { type: name.name }, didYouMean(name.name, castWords)))
}

function decimalType(numbers: readonly number[], at: Span): Type {
  const [precision = 10, scale = 0] = numbers
  if (precision < 1 || precision > types.maximumPrecision || scale > precision)
    throw new Complaint(diagnostic('bad-decimal', at, { type: `decimal(${numbers.join(',')})` }))
  return types.decimal(precision, scale)
}
