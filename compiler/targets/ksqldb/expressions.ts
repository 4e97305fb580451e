/**
 * Values and conditions. ksqlDB knows two truth values, a comparison with null being false, and arithmetic on null makes
 * a whole condition null: so conditions carry their guards before them, as `term.ts` explains.
 */
import type { Condition, Type, Value } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { call, cast } from './functions.ts'
import { like } from './like.ts'
import { bareLiteral, typedLiteral } from './literals.ts'
import { certain, guards, nullable, safe, strict, type Term, unique } from './term.ts'
import { anyValue, typedNull, valueType } from './types.ts'

/** What a field's name stands for. */
export type Scope = (field: string) => Term

type ValueOf<K extends Value['kind']> = Extract<Value, { kind: K }>
type ConditionOf<K extends Condition['kind']> = Extract<Condition, { kind: K }>

const never = sql`1 = 0`
const always = sql`1 = 1`

export function term(value: Value, scope: Scope): Term {
  const of = (operand: Value): Term => term(operand, scope)
  switch (value.kind) {
    case 'field':
      return scope(value.name)
    case 'literal':
      return certain(typedLiteral(value.literal, value.type))
    case 'null':
      return { sql: missing(value.type), present: [never], total: true }
    case 'arithmetic':
      return arithmetic(value, scope)
    case 'divide':
      return quotient('/', value, scope)
    case 'modulo':
      return quotient('%', value, scope)
    case 'negate':
      return negation(value, of(value.operand))
    case 'concat':
      return concatenation(value, scope)
    case 'case':
      return choice(value, scope)
    case 'cast':
      return conversion(value, scope)
    case 'coalesce':
      return coalesce(value.operands, scope)
    case 'nullif':
      return nullIf(value, scope)
    case 'call': {
      const [subject, ...rest] = value.operands
      return call(
        value.function,
        of(subject!),
        rest.map((each) => bare(each, scope).sql),
      )
    }
  }
}

/** As an operand: CAST(NULL AS …) becomes Java's bare `null` in the server, which no operator and no method takes. */
function missing(type: Type): Sql {
  return sql`CASE WHEN ${never} THEN ${anyValue(type)} END`
}

/** Where nothing is done with the value. */
function untouched(value: Value, scope: Scope): Sql {
  return value.kind === 'null' ? typedNull(value.type) : safe(term(value, scope))
}

/** Beside another operand, whose type decides, a literal needs no type of its own. */
function bare(value: Value, scope: Scope): Term {
  return value.kind === 'literal' ? certain(bareLiteral(value.literal, value.type)) : term(value, scope)
}

function arithmetic({ operator, left, right }: ValueOf<'arithmetic'>, scope: Scope): Term {
  const one = left.kind === 'literal' && right.kind !== 'literal' ? bare(left, scope) : term(left, scope)
  const other = left.kind !== 'literal' ? bare(right, scope) : term(right, scope)
  return strict(sql`(${one.sql} ${operator as Sql} ${other.sql})`, [one, other])
}

/** Null where the divisor is zero; `<> 0` is false for a divisor that is null. */
function quotient(operator: '/' | '%', { left, right }: ValueOf<'divide' | 'modulo'>, scope: Scope): Term {
  const [dividend, divisor] = [term(left, scope), term(right, scope)]
  const nonZero = isNonZero(right) ? [] : [...guards([divisor]), sql`${divisor.sql} <> 0`]
  return strict(sql`(${dividend.sql} ${operator as Sql} ${divisor.sql})`, [dividend], nonZero)
}

function isNonZero(value: Value): boolean {
  if (value.kind !== 'literal') return false
  const { literal } = value
  return (
    (literal.kind === 'integer' && literal.value !== 0n) || (literal.kind === 'double' && literal.value !== 0)
  )
}

/** A minus sign of its own fails on null in the same way, and would change the type of a decimal. */
function negation({ type }: ValueOf<'negate'>, operand: Term): Term {
  const difference = sql`(CAST(0 AS ${valueType(type)}) - ${operand.sql})`
  return strict(type.kind === 'decimal' ? sql`CAST(${difference} AS ${valueType(type)})` : difference, [
    operand,
  ])
}

/** CONCAT leaves nulls out, and `+` writes them as a word. */
function concatenation(value: ValueOf<'concat'>, scope: Scope): Term {
  const operands = concatenated(value).map((each) => term(each, scope))
  return strict(
    sql`CONCAT(${joinSql(
      operands.map((each) => each.sql),
      ', ',
    )})`,
    operands,
  )
}

function concatenated(value: Value): readonly Value[] {
  return value.kind === 'concat' ? [...concatenated(value.left), ...concatenated(value.right)] : [value]
}

function choice({ branches, otherwise }: ValueOf<'case'>, scope: Scope): Term {
  const whens = branches.map(
    ({ when, then }) => sql`WHEN ${condition(when, scope)} THEN ${untouched(then, scope)}`,
  )
  return nullable(sql`CASE ${joinSql(whens, ' ')} ELSE ${untouched(otherwise, scope)} END`)
}

/** A decimal constant simply gets the wider type. */
function conversion({ operand, type }: ValueOf<'cast'>, scope: Scope): Term {
  const isDecimal =
    operand.kind === 'literal' && operand.literal.kind === 'decimal' && type.kind === 'decimal'
  return isDecimal
    ? certain(typedLiteral(operand.literal, type))
    : cast(term(operand, scope), operand.type, type)
}

function coalesce(operands: readonly Value[], scope: Scope): Term {
  const text = sql`COALESCE(${joinSql(
    operands.map((each) => untouched(each, scope)),
    ', ',
  )})`
  return operands.some((each) => term(each, scope).present.length === 0) ? certain(text) : nullable(text)
}

/** NULLIF compares as Java does: 1.0 is not 1.00 there, nor 0.0 the same as -0.0. */
function nullIf({ left, right, type, at }: ValueOf<'nullif'>, scope: Scope): Term {
  const kept = untouched(left, scope)
  if (type.kind !== 'double' && type.kind !== 'decimal')
    return nullable(sql`NULLIF(${kept}, ${untouched(right, scope)})`)
  const equal = condition({ kind: 'compare', operator: '=', left, right, at }, scope)
  return nullable(sql`CASE WHEN ${equal} THEN ${typedNull(type)} ELSE ${kept} END`)
}

/** True where the condition is true, false where it is false or null; never null, never failing. */
export function condition(of: Condition, scope: Scope): Sql {
  return joinSql(conjuncts(of, scope), ' AND ')
}

/** Conditions that all have to hold, in order: each may rely on those before it. */
export function conjuncts(of: Condition, scope: Scope): readonly Sql[] {
  switch (of.kind) {
    case 'and':
      return unique(of.operands.flatMap((each) => conjuncts(each, scope)))
    case 'or':
      return [
        sql`(${joinSql(
          of.operands.map((each) => alternative(conjuncts(each, scope))),
          ' OR ',
        )})`,
      ]
    case 'compare':
      return comparison(of.operator as Sql, of.left, of.right, scope)
    case 'in':
      return membership(of, scope)
    case 'between':
      return of.negated ? outside(of, scope) : inside(of, scope)
    case 'like':
      return likeness(of, scope)
    case 'is-null':
      return nullness(term(of.value, scope), of.negated)
    case 'truth':
      return [truth(safe(term(of.value, scope)), of.negated)]
  }
}

function alternative(parts: readonly Sql[]): Sql {
  return parts.length === 1 ? parts[0]! : sql`(${joinSql(parts, ' AND ')})`
}

function comparison(operator: Sql, left: Value, right: Value, scope: Scope): readonly Sql[] {
  const one = left.kind === 'literal' && right.kind !== 'literal' ? bare(left, scope) : term(left, scope)
  const other = left.kind !== 'literal' ? bare(right, scope) : term(right, scope)
  return [...guards([one, other]), sql`${one.sql} ${operator} ${other.sql}`]
}

/** IN compares as Java does, so decimals and doubles are compared one by one. */
function membership({ value, items, negated, at }: ConditionOf<'in'>, scope: Scope): readonly Sql[] {
  if (!items.every(fitsInList)) {
    const operator = negated ? '<>' : '='
    const operands = items.map((right): Condition => ({ kind: 'compare', operator, left: value, right, at }))
    return conjuncts({ kind: negated ? 'and' : 'or', operands, at }, scope)
  }
  const subject = term(value, scope)
  const list = sql`${subject.sql} IN (${joinSql(
    items.map((each) => bare(each, scope).sql),
    ', ',
  )})`
  return negated ? unique([...subject.present, sql`NOT (${list})`]) : [...guards([subject]), list]
}

function fitsInList(item: Value): boolean {
  if (item.kind !== 'literal') return false
  const { literal } = item
  return literal.kind === 'string'
    ? !literal.text.includes('${')
    : literal.kind === 'integer' || literal.kind === 'boolean'
}

function inside({ value, low, high }: ConditionOf<'between'>, scope: Scope): readonly Sql[] {
  const [subject, from, to] = [term(value, scope), bare(low, scope), bare(high, scope)]
  return [...guards([subject, from, to]), sql`${subject.sql} BETWEEN ${from.sql} AND ${to.sql}`]
}

/** Below a bound is outside, whether or not the other bound is null. */
function outside({ value, low, high, at }: ConditionOf<'between'>, scope: Scope): readonly Sql[] {
  const below: Condition = { kind: 'compare', operator: '<', left: value, right: low, at }
  const above: Condition = { kind: 'compare', operator: '>', left: value, right: high, at }
  return conjuncts({ kind: 'or', operands: [below, above], at }, scope)
}

function likeness({ value, pattern, escape, negated }: ConditionOf<'like'>, scope: Scope): readonly Sql[] {
  const subject = term(value, scope)
  return unique([...subject.present, like(subject.sql, pattern, escape, negated)])
}

function nullness({ sql: text, present, total }: Term, negated: boolean): readonly Sql[] {
  if (present.length === 0) return [negated ? always : never]
  if (negated) return present
  return [total && present[0] !== never ? sql`${text} IS NULL` : sql`NOT (${joinSql(present, ' AND ')})`]
}

function truth(value: Sql, negated: boolean): Sql {
  const missing = anyValue({ kind: 'boolean' })
  return negated ? sql`NOT COALESCE(${value}, TRUE)` : sql`COALESCE(${value}, ${missing})`
}
