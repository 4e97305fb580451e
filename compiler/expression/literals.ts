/** Literals, and how a value gets to another type: a literal here and now, anything else by a cast. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { Literal, Span, Type, Value } from '../ir.ts'
import { castable } from './casts.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { described, sameType, typeName } from './types.ts'

/** Whole numbers are bigint; with a point or an exponent they are double. */
export function numberLiteral(digits: string, at: Span): Value {
  if (/[eE.]/.test(digits)) {
    const value = Number(digits)
    if (!Number.isFinite(value)) throw new Complaint(diagnostic('not-finite', at, { number: digits }))
    return literal({ kind: 'double', value }, types.double, at)
  }
  const value = BigInt(digits)
  if (BigInt.asIntN(64, value) !== value)
    throw new Complaint(diagnostic('number-out-of-range', at, { number: digits.slice(0, 60) }))
  return literal({ kind: 'integer', value }, types.bigint, at)
}

/** With its own precision and scale: `12.50` is decimal(4,2). */
export function decimalLiteral(digits: string, at: Span): Value {
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const significant = whole.replace(/^0+(?=.)/, '')
  const precision = Math.max(1, (significant === '0' ? '' : significant).length + fraction.length)
  return literal({ kind: 'decimal', digits }, types.decimal(precision, fraction.length), at)
}

export function textLiteral(text: string, at: Span): Value {
  return literal({ kind: 'string', text }, types.string, at)
}

export function truthLiteral(value: boolean, at: Span): Value {
  return literal({ kind: 'boolean', value }, types.boolean, at)
}

function literal(value: Literal, type: Type, at: Span): Value {
  return { kind: 'literal', literal: value, type, at }
}

/** An implicit conversion, which the types allow. */
export function convert(value: Value, type: Type, at: Span = value.at): Value {
  if (sameType(value.type, type)) return value
  if (value.kind === 'null') return { ...value, type }
  const converted = value.kind === 'literal' ? convertLiteral(value.literal, type, at) : null
  return converted ?? { kind: 'cast', operand: value, type, at }
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

/** The value, which has to be of the type already; `what` is the operator or function that asks for it. */
export function expectType(value: Value, type: Type, what: string): Value {
  if (sameType(value.type, type)) return value
  const hint = castable(value.type, type) ? `write cast(… as ${typeName(type)})` : null
  throw new Complaint(
    diagnostic(
      'type-mismatch',
      value.at,
      { what: `"${what}"`, expected: typeName(type), found: described(value) },
      hint,
    ),
  )
}
