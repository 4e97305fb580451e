/** The functions that mean the same on every engine, one row each. */
import type { FunctionName, Type, Value } from '../ir.ts'
import { bigint, double, string } from './types.ts'

export interface FunctionRule {
  readonly name: FunctionName
  readonly least: number
  readonly most: number
  /** Completes "takes …". */
  readonly expected: string
  /** What the first operand is brought to; `number` leaves bigint, double and decimal as they are. */
  readonly argument: 'string' | 'double' | 'number'
  /** Which of the other operands is not the literal that it must be. */
  literals(rest: readonly Value[]): { readonly index: number; readonly what: string } | null
  result(argument: Type): Type
}

const none = (): null => null

function whole(value: Value | undefined): bigint | null {
  return value?.kind === 'literal' && value.literal.kind === 'integer' ? value.literal.value : null
}

/** Engines differ on a start of 0 or less. */
function substringLiterals([start, length]: readonly Value[]): { index: number; what: string } | null {
  const from = whole(start)
  if (from === null || from < 1n || from > 1_000_000n)
    return { index: 0, what: 'the start is a literal from 1 to 1000000' }
  const count = whole(length)
  if (length !== undefined && (count === null || count < 0n || count > 1_000_000n))
    return { index: 1, what: 'the length is a literal from 0 to 1000000' }
  return null
}

function roundLiterals([places]: readonly Value[]): { index: number; what: string } | null {
  const count = whole(places)
  if (places !== undefined && (count === null || count < 0n || count > 15n))
    return { index: 0, what: 'the number of places is a literal from 0 to 15' }
  return null
}

const one = { least: 1, most: 1, expected: 'one argument', literals: none }

const rules: readonly FunctionRule[] = [
  { ...one, name: 'abs', argument: 'number', result: (type) => type },
  { ...one, name: 'floor', argument: 'double', result: () => double },
  { ...one, name: 'ceil', argument: 'double', result: () => double },
  {
    name: 'round',
    least: 1,
    most: 2,
    expected: 'one or two arguments',
    argument: 'double',
    literals: roundLiterals,
    result: () => double,
  },
  { ...one, name: 'upper', argument: 'string', result: () => string },
  { ...one, name: 'lower', argument: 'string', result: () => string },
  { ...one, name: 'trim', argument: 'string', result: () => string },
  { ...one, name: 'length', argument: 'string', result: () => bigint },
  {
    name: 'substring',
    least: 2,
    most: 3,
    expected: 'two or three arguments',
    argument: 'string',
    literals: substringLiterals,
    result: () => string,
  },
]

export const functions: ReadonlyMap<string, FunctionRule> = new Map(rules.map((each) => [each.name, each]))

export const aggregates: ReadonlySet<string> = new Set(['sum', 'count', 'avg', 'min', 'max'])
