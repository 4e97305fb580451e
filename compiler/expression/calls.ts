/** Calls of functions: whether there is such a one, and whether it takes these arguments. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { Span, Value } from '../ir.ts'
import { aggregates, type FunctionRule, functions } from './functions.ts'
import { convert, expectType } from './literals.ts'
import { unified } from './meeting.ts'
import type { Call } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import { described, isNumeric } from './types.ts'
import type { Typing } from './typing.ts'

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

export function called(call: Call, at: Span, typing: Typing): Value {
  const nameAt = typing.place(call.nameAt)
  if (aggregates.has(call.name))
    throw new Complaint(diagnostic('aggregate-here', nameAt, { name: call.name }))
  if (call.distinct) throw new Complaint(diagnostic('distinct-here', nameAt, { function: call.name }))
  if (call.name === 'coalesce') return coalesce(call, at, typing)
  if (call.name === 'nullif') return nullif(call, at, typing)
  const rule = functions.get(call.name)
  if (rule === undefined) throw unknownFunction(call.name, nameAt)
  if (call.star || call.operands.length < rule.least || call.operands.length > rule.most)
    throw argumentCount(call, rule.expected, at)
  return byRule(rule, call, at, typing)
}

function unknownFunction(name: string, at: Span): Complaint {
  const known = [...functions.keys(), 'coalesce', 'nullif', 'cast', 'case']
  const hint = elsewhere.get(name) ?? didYouMean(name, known) ?? `there are ${known.join(', ')}`
  return new Complaint(diagnostic('unknown-function', at, { name }, hint))
}

function argumentCount(call: Call, expected: string, at: Span): Complaint {
  const found = call.star ? '*' : call.operands.length
  return new Complaint(diagnostic('argument-count', at, { function: call.name, expected, found }))
}

function byRule(rule: FunctionRule, call: Call, at: Span, typing: Typing): Value {
  const [first, ...rest] = call.operands.map((each) => typing.value(each))
  const subject = argument(first!, rule.argument, call.name)
  const problem = rule.literals(rest)
  if (problem !== null) {
    const where = (rest[problem.index] ?? subject).at
    throw new Complaint(diagnostic('argument-literal', where, { function: call.name, what: problem.what }))
  }
  return {
    kind: 'call',
    function: rule.name,
    operands: [subject, ...rest],
    type: rule.result(subject.type),
    at,
  }
}

function argument(value: Value, wanted: FunctionRule['argument'], name: string): Value {
  if (wanted === 'string') return expectType(value, types.string, name)
  if (!isNumeric(value.type))
    throw new Complaint(
      diagnostic('type-mismatch', value.at, { what: name, expected: 'a number', found: described(value) }),
    )
  if (wanted === 'double') return convert(value, types.double)
  return value.type.kind === 'int' ? convert(value, types.bigint) : value
}

function coalesce(call: Call, at: Span, typing: Typing): Value {
  if (call.operands.length < 2) throw argumentCount(call, 'two arguments or more', at)
  const operands = unified(call.operands, 'coalesce', at, typing)
  return { kind: 'coalesce', operands, type: operands[0]!.type, at }
}

function nullif(call: Call, at: Span, typing: Typing): Value {
  if (call.operands.length !== 2) throw argumentCount(call, 'two arguments', at)
  const [left, right] = unified(call.operands, 'nullif', at, typing)
  return { kind: 'nullif', left: left!, right: right!, type: left!.type, at }
}
