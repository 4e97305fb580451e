/** How values of several types meet: in a comparison, a sum, the branches of a case. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { Span, Type, Value } from '../ir.ts'
import { convert, decimalLiteral } from './literals.ts'
import type { Syntax } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { commonType, described, isInteger, isNumeric, typeName } from './types.ts'
import type { Typing } from './typing.ts'

/** A literal whose digits are all written out. */
const plainNumber = /^-?[0-9]+(\.[0-9]+)?$/

/**
 * The values of expressions that meet each other. `1.5` alone is a double, but beside a decimal it is decimal(2,1),
 * so that nothing is rounded; of nulls, which have no type yet, there are none here.
 */
export function valuesTogether(all: readonly Syntax[], typing: Typing): Value[] {
  const values = all.map((each) => typing.value(each))
  if (!values.some((each) => each.type.kind === 'decimal')) return values
  return values.map((value, index) => {
    const syntax = all[index]!
    return syntax.kind === 'number' && plainNumber.test(syntax.digits)
      ? decimalLiteral(syntax.digits, value.at)
      : value
  })
}

/** Two decimals may have no common one: the digits before the point of one and behind it of the other. */
export function commonTypeAt(a: Type, b: Type, at: Span): Type | null {
  const common = commonType(a, b)
  if (common?.kind === 'decimal' && common.precision > types.maximumPrecision)
    throw new Complaint(diagnostic('decimal-too-wide', at, { precision: common.precision }))
  return common
}

/** Both sides of a comparison, of one type; integers stay as they are. */
export function comparable(left: Value, right: Value, operator: string, at: Span): [Value, Value] {
  const ordered = operator !== '=' && operator !== '<>'
  const common = commonTypeAt(left.type, right.type, at)
  if (common === null || (ordered && common.kind === 'boolean')) throw notComparable(left, right, at)
  if (isInteger(common)) return [left, right]
  return [convert(left, common), convert(right, common)]
}

export function notComparable(left: Value, right: Value, at: Span): Complaint {
  const sides = { left: described(left), right: described(right) }
  return new Complaint(diagnostic('not-comparable', at, sides, comparisonHint(left, right)))
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

/** All of one type; a bare null takes the type of the others. `what` is the function or keyword that they stand in. */
export function unified(all: readonly Syntax[], what: string, at: Span, typing: Typing): Value[] {
  const typed = valuesTogether(
    all.filter((each) => each.kind !== 'null'),
    typing,
  )
  const type = unifiedType(typed, what, at)
  const values = typed.values()
  return all.map(
    (each): Value =>
      each.kind === 'null'
        ? { kind: 'null', type, at: typing.place(each.at) }
        : convert(values.next().value!, type),
  )
}

function unifiedType([first, ...rest]: readonly Value[], what: string, at: Span): Type {
  if (first === undefined) throw new Complaint(diagnostic('untyped-null', at, {}))
  const type = rest.reduce<Type>((known, each) => {
    const common = commonTypeAt(known, each.type, each.at)
    if (common !== null) return common
    const pair = { what: `"${what}"`, left: typeName(known), right: typeName(each.type) }
    throw new Complaint(diagnostic('no-common-type', each.at, pair))
  }, first.type)
  return type.kind === 'int' && rest.length > 0 ? types.bigint : type
}

export function numbersOf(operands: readonly Syntax[], operator: string, typing: Typing): Value[] {
  const sums = operator === '+' || operator === '-'
  const values = sums ? valuesTogether(operands, typing) : operands.map((each) => typing.value(each))
  const odd = values.find((each) => !isNumeric(each.type))
  if (odd === undefined) return values
  const wanted = { what: `"${operator}"`, expected: 'numbers', found: described(odd) }
  throw new Complaint(diagnostic('type-mismatch', odd.at, wanted))
}
