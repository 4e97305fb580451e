/**
 * The compiler pushes NOT down to the leaves and puts casts where types meet. Whether that is right is seen by computing
 * both sides over random rows: the syntax by SQL's three values, the typed condition by two, as an engine that knows no
 * more would.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExpression } from '../../compiler/expression/parser.ts'
import type { Syntax } from '../../compiler/expression/syntax.ts'
import { Typer } from '../../compiler/expression/typer.ts'
import type { Condition, Field, Type, Value } from '../../compiler/ir.ts'
import { print } from './printer.ts'

type Cell = bigint | number | string | boolean | null
type Row = Readonly<Record<string, Cell>>

const at = { start: 0, end: 0 }
const field = (name: string, kind: 'bigint' | 'double' | 'string' | 'boolean'): Field => ({
  name,
  type: { kind },
  at,
})
const fields = [
  field('a', 'bigint'),
  field('b', 'bigint'),
  field('d', 'double'),
  field('s', 'string'),
  field('o', 'boolean'),
  field('p', 'boolean'),
]
const row: fc.Arbitrary<Row> = fc.record({
  a: fc.option(fc.bigInt(-2n, 2n), { nil: null }),
  b: fc.option(fc.bigInt(-2n, 2n), { nil: null }),
  d: fc.option(fc.constantFrom(-1.5, 0, 1, 2), { nil: null }),
  s: fc.option(fc.constantFrom('', 'a', 'ab', '%'), { nil: null }),
  o: fc.option(fc.boolean(), { nil: null }),
  p: fc.option(fc.boolean(), { nil: null }),
})

// Well-typed syntax

const name = (each: string): Syntax => ({ kind: 'name', name: each, at })
const number = (digits: string): Syntax => ({ kind: 'number', digits, at })
const text = (each: string): Syntax => ({ kind: 'string', text: each, at })

const { condition } = fc.letrec<{ condition: Syntax; number: Syntax; text: Syntax }>((tie) => {
  const [conditions, numbers, texts] = [tie('condition'), tie('number'), tie('text')]
  const comparison = fc.constantFrom('=', '<>', '<', '<=', '>', '>=' as const)
  const branches = (then: fc.Arbitrary<Syntax>): fc.Arbitrary<Syntax> =>
    fc
      .tuple(
        fc.array(fc.record({ when: conditions, then }), { minLength: 1, maxLength: 2 }),
        fc.option(then, { nil: null }),
      )
      .map(([all, otherwise]): Syntax => ({ kind: 'case', branches: all, otherwise, at }))
  return {
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom('o', 'p').map(name),
      fc.boolean().map((value): Syntax => ({ kind: 'boolean', value, at })),
      fc
        .tuple(comparison, numbers, numbers)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at }) as Syntax),
      fc
        .tuple(comparison, texts, texts)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at }) as Syntax),
      fc
        .tuple(fc.constantFrom('=' as const, '<>' as const), conditions, conditions)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at })),
      conditions.map((operand): Syntax => ({ kind: 'not', operand, at })),
      fc
        .tuple(fc.constantFrom('and' as const, 'or' as const), conditions, conditions)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at })),
      fc
        .tuple(numbers, fc.boolean())
        .map(([value, negated]): Syntax => ({ kind: 'is-null', value, negated, at })),
      fc
        .tuple(conditions, fc.boolean())
        .map(([value, negated]): Syntax => ({ kind: 'is-null', value, negated, at })),
      fc
        .tuple(
          numbers,
          fc.array(fc.constantFrom('-1', '0', '1', '1.5').map(number), { minLength: 1, maxLength: 3 }),
          fc.boolean(),
        )
        .map(([value, items, negated]): Syntax => ({ kind: 'in', value, items, negated, at })),
      fc
        .tuple(numbers, numbers, numbers, fc.boolean())
        .map(([value, low, high, negated]): Syntax => ({ kind: 'between', value, low, high, negated, at })),
      fc
        .tuple(
          texts,
          fc.constantFrom('a%', '_', '!%', '%'),
          fc.option(fc.constant('!'), { nil: null }),
          fc.boolean(),
        )
        .map(
          ([value, pattern, escape, negated]): Syntax => ({
            kind: 'like',
            value,
            pattern: text(pattern),
            escape: escape === null ? null : text(escape),
            negated,
            at,
          }),
        ),
      branches(conditions),
    ),
    number: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('a', 'b', 'd').map(name),
      fc.constantFrom('0', '1', '2', '1.5').map(number),
      fc
        .tuple(fc.constantFrom('+' as const, '-' as const, '*' as const, '/' as const), numbers, numbers)
        .map(([operator, left, right]): Syntax => ({ kind: 'binary', operator, left, right, at })),
      fc
        .constantFrom('a', 'b')
        .map((each): Syntax => ({ kind: 'binary', operator: '%', left: name(each), right: name('b'), at })),
      numbers
        .filter((each) => each.kind !== 'number')
        .map((operand): Syntax => ({ kind: 'negate', operand, at })),
      fc.tuple(fc.constantFrom('coalesce', 'nullif'), numbers, numbers).map(
        ([each, left, right]): Syntax => ({
          kind: 'call',
          name: each,
          nameAt: at,
          operands: [left, right],
          star: false,
          distinct: false,
          at,
        }),
      ),
      branches(numbers),
    ),
    text: fc.oneof(
      { maxDepth: 2 },
      fc.constant(name('s')),
      fc.constantFrom('', 'a', 'ab').map(text),
      fc
        .tuple(texts, texts)
        .map(([left, right]): Syntax => ({ kind: 'binary', operator: '||', left, right, at })),
    ),
  }
})

// SQL's three values

/** A bigint and a double meet as doubles. */
function meet(left: Cell, right: Cell): [Cell, Cell] {
  return typeof left === typeof right ? [left, right] : [Number(left), Number(right)]
}

function compare(operator: string, one: Cell, other: Cell): boolean | null {
  if (one === null || other === null) return null
  const [left, right] = meet(one, other) as [number, number]
  return {
    '=': left === right,
    '<>': left !== right,
    '<': left < right,
    '<=': left <= right,
    '>': left > right,
    '>=': left >= right,
  }[operator]!
}

function arithmetic(operator: string, one: Cell, other: Cell): Cell {
  if (one === null || other === null) return null
  if (operator === '||') return String(one) + String(other)
  if (operator === '/') return Number(other) === 0 ? null : Number(one) / Number(other)
  const [left, right] = meet(one, other) as [bigint, bigint]
  if (operator === '%') return right === 0n ? null : left % right
  return operator === '+' ? left + right : operator === '-' ? left - right : left * right
}

function matches(value: Cell, pattern: string, escape: string | null): boolean | null {
  if (value === null) return null
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const plain = pattern[i] === escape
    const each = pattern[plain ? ++i : i]!
    source += plain ? `\\${each}` : each === '%' ? '.*' : each === '_' ? '.' : each.replace(/\W/, '\\$&')
  }
  return new RegExp(`^${source}$`, 's').test(String(value))
}

const kleene = {
  not: (each: Cell): boolean | null => (each === null ? null : !each),
  and: (left: Cell, right: Cell): boolean | null =>
    left === false || right === false ? false : left === null || right === null ? null : true,
  or: (left: Cell, right: Cell): boolean | null =>
    left === true || right === true ? true : left === null || right === null ? null : false,
}

function sql(syntax: Syntax, cells: Row): Cell {
  const value = (each: Syntax): Cell => sql(each, cells)
  const negated = (result: boolean | null): boolean | null =>
    'negated' in syntax && syntax.negated ? kleene.not(result) : result
  switch (syntax.kind) {
    case 'name':
      return cells[syntax.name] ?? null
    case 'string':
      return syntax.text
    case 'boolean':
      return syntax.value
    case 'number':
      return syntax.digits.includes('.') ? Number(syntax.digits) : BigInt(syntax.digits)
    case 'negate': {
      const operand = value(syntax.operand)
      return operand === null ? null : typeof operand === 'bigint' ? -operand : -(operand as number)
    }
    case 'not':
      return kleene.not(value(syntax.operand))
    case 'binary': {
      const [left, right] = [value(syntax.left), value(syntax.right)]
      if (syntax.operator === 'and' || syntax.operator === 'or') return kleene[syntax.operator](left, right)
      return ['+', '-', '*', '/', '%', '||'].includes(syntax.operator)
        ? arithmetic(syntax.operator, left, right)
        : compare(syntax.operator, left, right)
    }
    case 'in':
      return negated(
        syntax.items
          .map((each) => compare('=', value(syntax.value), value(each)))
          .reduce<boolean | null>(kleene.or, false),
      )
    case 'between':
      return negated(
        kleene.and(
          compare('>=', value(syntax.value), value(syntax.low)),
          compare('<=', value(syntax.value), value(syntax.high)),
        ),
      )
    case 'like':
      return negated(
        matches(
          value(syntax.value),
          value(syntax.pattern) as string,
          syntax.escape && (value(syntax.escape) as string),
        ),
      )
    case 'is-null':
      return (value(syntax.value) === null) !== syntax.negated
    case 'case': {
      const branch = syntax.branches.find(({ when }) => value(when) === true)
      return branch !== undefined
        ? value(branch.then)
        : syntax.otherwise === null
          ? null
          : value(syntax.otherwise)
    }
    case 'call': {
      const [left, right] = syntax.operands.map(value) as [Cell, Cell]
      if (syntax.name === 'coalesce') return left ?? right
      return compare('=', left, right) === true ? null : left
    }
    default:
      throw new Error(syntax.kind)
  }
}

// The compiler's tree, by two values

function holds(each: Condition, cells: Row): boolean {
  const value = (inner: Value): Cell => evaluate(inner, cells)
  switch (each.kind) {
    case 'compare':
      return compare(each.operator, value(each.left), value(each.right)) === true
    case 'and':
      return each.operands.every((operand) => holds(operand, cells))
    case 'or':
      return each.operands.some((operand) => holds(operand, cells))
    case 'in': {
      const cell = value(each.value)
      return (
        cell !== null && each.items.some((item) => compare('=', cell, value(item)) === true) !== each.negated
      )
    }
    case 'between': {
      const [cell, low, high] = [value(each.value), value(each.low), value(each.high)]
      return each.negated
        ? compare('<', cell, low) === true || compare('>', cell, high) === true
        : compare('>=', cell, low) === true && compare('<=', cell, high) === true
    }
    case 'like': {
      const cell = value(each.value)
      return cell !== null && matches(cell, each.pattern, each.escape) !== each.negated
    }
    case 'is-null':
      return (value(each.value) === null) !== each.negated
    case 'truth':
      return value(each.value) === !each.negated
  }
}

/** Operands must already be of the type in which the operation computes; an engine would convert by its own rules. */
function evaluate(each: Value, cells: Row): Cell {
  const value = (inner: Value): Cell => evaluate(inner, cells)
  const checked = (cell: Cell): Cell => {
    if (cell !== null) expect(kindOf(cell), JSON.stringify(each.kind)).toBe(kindOfType(each.type))
    return cell
  }
  switch (each.kind) {
    case 'field':
      return checked(cells[each.name] ?? null)
    case 'literal':
      return checked(
        each.literal.kind === 'string'
          ? each.literal.text
          : each.literal.kind === 'decimal'
            ? null
            : each.literal.value,
      )
    case 'null':
      return null
    case 'arithmetic':
      return checked(arithmetic(each.operator, value(each.left), value(each.right)))
    case 'divide':
      return checked(arithmetic('/', value(each.left), value(each.right)))
    case 'modulo':
      return checked(arithmetic('%', value(each.left), value(each.right)))
    case 'concat':
      return checked(arithmetic('||', value(each.left), value(each.right)))
    case 'negate': {
      const operand = value(each.operand)
      return operand === null ? null : checked(typeof operand === 'bigint' ? -operand : -(operand as number))
    }
    case 'case':
      return checked(value(each.branches.find(({ when }) => holds(when, cells))?.then ?? each.otherwise))
    case 'cast': {
      const operand = value(each.operand)
      return operand === null ? null : checked(Number(operand))
    }
    case 'coalesce':
      return checked(each.operands.map(value).find((cell) => cell !== null) ?? null)
    case 'nullif':
      return compare('=', value(each.left), value(each.right)) === true ? null : checked(value(each.left))
    case 'call':
      throw new Error(each.function)
  }
}

function kindOf(cell: Cell): string {
  return typeof cell
}

function kindOfType(type: Type): string {
  return type.kind === 'double' ? 'number' : type.kind
}

test('a typed condition is true exactly where the syntax is', () => {
  fc.assert(
    fc.property(condition, fc.array(row, { minLength: 8, maxLength: 8 }), (syntax, rows) => {
      const typed = new Typer(fields, 'rows', (span) => span).condition(parseExpression(print(syntax)), false)
      for (const each of rows) expect(holds(typed, each), print(syntax)).toBe(sql(syntax, each) === true)
    }),
    { numRuns: 3000 },
  )
})

test('and its opposite exactly where the syntax is false', () => {
  fc.assert(
    fc.property(condition, fc.array(row, { minLength: 8, maxLength: 8 }), (syntax, rows) => {
      const typed = new Typer(fields, 'rows', (span) => span).condition(parseExpression(print(syntax)), true)
      for (const each of rows) expect(holds(typed, each), print(syntax)).toBe(sql(syntax, each) === false)
    }),
    { numRuns: 3000 },
  )
})
