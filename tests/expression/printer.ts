/** Syntax back to text, with brackets around everything: what the parser must understand as the same syntax. */
import fc from 'fast-check'
import type { BinaryOperator, Syntax } from '../../compiler/expression/syntax.ts'

const at = { start: 0, end: 0 }

export function print(syntax: Syntax): string {
  const inner = (each: Syntax): string => `(${print(each)})`
  const list = (all: readonly Syntax[]): string => all.map(print).join(', ')
  switch (syntax.kind) {
    case 'name':
      return `\`${syntax.name.replaceAll('`', '``')}\``
    case 'string':
      return `'${syntax.text.replaceAll("'", "''")}'`
    case 'number':
      return syntax.digits
    case 'boolean':
      return String(syntax.value)
    case 'null':
      return 'null'
    case 'negate':
      return `- ${inner(syntax.operand)}`
    case 'not':
      return `not ${inner(syntax.operand)}`
    case 'binary':
      return `${inner(syntax.left)} ${syntax.operator} ${inner(syntax.right)}`
    case 'in':
      return `${inner(syntax.value)} ${not(syntax.negated)}in (${list(syntax.items)})`
    case 'between':
      return `${inner(syntax.value)} ${not(syntax.negated)}between ${inner(syntax.low)} and ${inner(syntax.high)}`
    case 'like': {
      const escape = syntax.escape === null ? '' : ` escape ${inner(syntax.escape)}`
      return `${inner(syntax.value)} ${not(syntax.negated)}like ${inner(syntax.pattern)}${escape}`
    }
    case 'is-null':
      return `${inner(syntax.value)} is ${not(syntax.negated)}null`
    case 'case': {
      const branches = syntax.branches.map(({ when, then }) => `when ${print(when)} then ${print(then)} `)
      return `case ${branches.join('')}${syntax.otherwise === null ? '' : `else ${print(syntax.otherwise)} `}end`
    }
    case 'cast': {
      const numbers = syntax.type.arguments
      return `cast(${print(syntax.operand)} as ${syntax.type.name}${numbers.length > 0 ? `(${numbers.join(',')})` : ''})`
    }
    case 'call':
      return `${syntax.name}(${syntax.star ? '*' : (syntax.distinct ? 'distinct ' : '') + list(syntax.operands)})`
  }
}

function not(negated: boolean): string {
  return negated ? 'not ' : ''
}

/** The same with every span set to nothing, so that two can be compared. */
export function withoutPlaces(syntax: unknown): unknown {
  if (Array.isArray(syntax)) return syntax.map(withoutPlaces)
  if (syntax === null || typeof syntax !== 'object') return syntax
  return Object.fromEntries(
    Object.entries(syntax).flatMap(([key, value]) =>
      key === 'at' || key === 'nameAt' ? [] : [[key, withoutPlaces(value)]],
    ),
  )
}

const operators: readonly BinaryOperator[] = [
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
]

/** Any syntax at all, whatever its types. */
export const anySyntax: fc.Arbitrary<Syntax> = fc.letrec<{ any: Syntax }>((tie) => {
  const any = tie('any')
  const several = fc.array(any, { minLength: 1, maxLength: 3 })
  const optional = fc.option(any, { nil: null })
  return {
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.string({ minLength: 0, maxLength: 6 }).map((name): Syntax => ({ kind: 'name', name, at })),
      fc.string({ unit: 'grapheme', maxLength: 6 }).map((text): Syntax => ({ kind: 'string', text, at })),
      fc
        .constantFrom('0', '7', '1.5', '.5', '2.', '1e3', '2.5E-7', '9223372036854775807')
        .map((digits): Syntax => ({ kind: 'number', digits, at })),
      fc.boolean().map((value): Syntax => ({ kind: 'boolean', value, at })),
      fc.constant<Syntax>({ kind: 'null', at }),
      any
        .filter((operand) => operand.kind !== 'number')
        .map((operand): Syntax => ({ kind: 'negate', operand, at })),
      any.map((operand): Syntax => ({ kind: 'not', operand, at })),
      fc
        .tuple(fc.constantFrom(...operators), any, any)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at })),
      fc
        .tuple(any, several, fc.boolean())
        .map(([value, items, negated]): Syntax => ({ kind: 'in', value, items, negated, at })),
      fc
        .tuple(any, any, any, fc.boolean())
        .map(([value, low, high, negated]): Syntax => ({ kind: 'between', value, low, high, negated, at })),
      fc.tuple(any, any, optional, fc.boolean()).map(
        ([value, pattern, escape, negated]): Syntax => ({
          kind: 'like',
          value,
          pattern,
          escape,
          negated,
          at,
        }),
      ),
      fc
        .tuple(any, fc.boolean())
        .map(([value, negated]): Syntax => ({ kind: 'is-null', value, negated, at })),
      fc
        .tuple(fc.array(fc.record({ when: any, then: any }), { minLength: 1, maxLength: 3 }), optional)
        .map(([branches, otherwise]): Syntax => ({ kind: 'case', branches, otherwise, at })),
      any.map(
        (operand): Syntax => ({
          kind: 'cast',
          operand,
          type: { name: 'decimal', arguments: [10, 2], at },
          at,
        }),
      ),
      any.map(
        (operand): Syntax => ({ kind: 'cast', operand, type: { name: 'bigint', arguments: [], at }, at }),
      ),
      fc.tuple(fc.constantFrom('abs', 'coalesce', 'sum'), several, fc.boolean()).map(
        ([name, operands, distinct]): Syntax => ({
          kind: 'call',
          name,
          nameAt: at,
          operands,
          star: false,
          distinct,
          at,
        }),
      ),
      fc.constant<Syntax>({
        kind: 'call',
        name: 'count',
        nameAt: at,
        operands: [],
        star: true,
        distinct: false,
        at,
      }),
    ),
  }
}).any
