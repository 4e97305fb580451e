/** Prints values and conditions as Flink SQL; each form was compared on Flink 2.2.1 with the other engines. */
import type { Condition, FunctionName, Value } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { cast } from './cast.ts'
import { like } from './like.ts'
import { bareLiteral, literal } from './literal.ts'
import { sqlType } from './types.ts'

/** The SQL of a field's value where the expression stands. */
export type Scope = (field: string) => Sql

type Printer<N, K extends string> = {
  readonly [P in K]: (node: Extract<N, { kind: P }>, scope: Scope) => Sql
}

export function value(node: Value, scope: Scope): Sql {
  return (values[node.kind] as (node: Value, scope: Scope) => Sql)(node, scope)
}

export function condition(node: Condition, scope: Scope): Sql {
  return (conditions[node.kind] as (node: Condition, scope: Scope) => Sql)(node, scope)
}

const values = {
  field: ({ name }, scope) => scope(name),
  literal: ({ literal: content, type }) => literal(content, type),
  null: ({ type }) => sql`CAST(NULL AS ${sqlType(type)})`,
  arithmetic: ({ operator, left, right }, scope) =>
    sql`(${value(left, scope)} ${operator as Sql} ${value(right, scope)})`,
  divide: ({ left, right }, scope) => sql`(${value(left, scope)} / NULLIF(${value(right, scope)}, 0E0))`,
  modulo: ({ left, right }, scope) =>
    sql`MOD(${value(left, scope)}, NULLIF(${value(right, scope)}, CAST(0 AS BIGINT)))`,
  negate: ({ operand }, scope) => sql`(-(${value(operand, scope)}))`,
  concat: ({ left, right }, scope) => sql`(${value(left, scope)} || ${value(right, scope)})`,
  case: ({ branches, otherwise }, scope) => {
    const arms = branches.map(
      ({ when, then }) => sql`WHEN ${condition(when, scope)} THEN ${value(then, scope)}`,
    )
    return sql`CASE ${joinSql(arms, ' ')} ELSE ${value(otherwise, scope)} END`
  },
  cast: ({ operand, type }, scope) => cast(value(operand, scope), operand.type, type),
  coalesce: ({ operands }, scope) => sql`COALESCE(${list(operands, scope)})`,
  nullif: ({ left, right }, scope) => sql`NULLIF(${value(left, scope)}, ${value(right, scope)})`,
  call: (node, scope) => call(node.function, node.operands, scope),
} satisfies Printer<Value, Value['kind']>

const conditions = {
  compare: ({ operator, left, right }, scope) =>
    sql`${compared(left, scope)} ${operator as Sql} ${compared(right, scope)}`,
  and: ({ operands }, scope) => junction(operands, scope, ' AND '),
  or: ({ operands }, scope) => junction(operands, scope, ' OR '),
  in: ({ value: tested, items, negated }, scope) => {
    const among = joinSql(
      items.map((item) => compared(item, scope)),
      ', ',
    )
    return sql`${compared(tested, scope)} ${not(negated)}IN (${among})`
  },
  between: ({ value: tested, low, high, negated }, scope) =>
    sql`${compared(tested, scope)} ${not(negated)}BETWEEN ${compared(low, scope)} AND ${compared(high, scope)}`,
  like: ({ value: tested, pattern, escape, negated }, scope) =>
    like(value(tested, scope), pattern, escape, negated),
  'is-null': ({ value: tested, negated }, scope) => sql`${value(tested, scope)} IS ${not(negated)}NULL`,
  truth: ({ value: tested, negated }, scope) =>
    negated ? sql`${value(tested, scope)} IS FALSE` : sql`${value(tested, scope)} IS TRUE`,
} satisfies Printer<Condition, Condition['kind']>

function list(operands: readonly Value[], scope: Scope): Sql {
  return joinSql(
    operands.map((operand) => value(operand, scope)),
    ', ',
  )
}

function compared(node: Value, scope: Scope): Sql {
  return node.kind === 'literal' ? bareLiteral(node.literal) : value(node, scope)
}

function not(negated: boolean): Sql {
  return negated ? sql`NOT ` : sql``
}

/** Inner junctions in parentheses, so that nobody has to know which binds tighter. */
function junction(operands: readonly Condition[], scope: Scope, separator: string): Sql {
  const parts = operands.map((operand) => {
    const printed = condition(operand, scope)
    return operand.kind === 'and' || operand.kind === 'or' ? sql`(${printed})` : printed
  })
  return joinSql(parts, separator)
}

function call(name: FunctionName, [first, ...others]: readonly Value[], scope: Scope): Sql {
  const rest = others.map((operand) => sql`, ${compared(operand, scope)}`)
  return functions[name](value(first!, scope), joinSql(rest, ''))
}

/** `rest` holds the further operands, which are literals, each behind its comma. */
const functions = {
  abs: (operand) => sql`ABS(${operand})`,
  floor: (operand) => sql`FLOOR(${operand})`,
  ceil: (operand) => sql`CEIL(${operand})`,
  round: (operand, rest) => sql`ROUND(${operand}${rest})`,
  upper: (operand) => sql`UPPER(${operand})`,
  lower: (operand) => sql`LOWER(${operand})`,
  trim: (operand) => sql`TRIM(${operand})`,
  length: (operand) => sql`CAST(CHAR_LENGTH(${operand}) AS BIGINT)`,
  substring: (operand, rest) => sql`SUBSTRING(${operand}${rest})`,
} satisfies Readonly<Record<FunctionName, (operand: Sql, rest: Sql) => Sql>>
