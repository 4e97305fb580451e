/** Values and conditions. DuckDB follows SQL's three truth values, so that conditions stand as they are. */
import type { Condition, FunctionName, Value } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { cast } from './cast.ts'
import { bareLiteral, literal } from './literal.ts'
import { name, string } from './quote.ts'
import { typeName } from './types.ts'

type ValueOf<K extends Value['kind']> = Extract<Value, { kind: K }>

export function value(node: Value): Sql {
  switch (node.kind) {
    case 'field':
      return name(node.name)
    case 'literal':
      return literal(node)
    case 'null':
      return sql`CAST(NULL AS ${typeName(node.type)})`
    case 'arithmetic':
      return arithmetic(node)
    case 'divide':
      return sql`${operand(node.left)} / nullif(${value(node.right)}, 0)`
    case 'modulo':
      return sql`${operand(node.left)} % nullif(${value(node.right)}, 0)`
    case 'negate':
      return sql`-${operand(node.operand)}`
    case 'concat':
      return sql`${operand(node.left)} || ${operand(node.right)}`
    case 'case':
      return choice(node)
    case 'cast':
      return cast(value(node.operand), node.operand.type, node.type)
    case 'coalesce':
      return sql`coalesce(${list(node.operands)})`
    case 'nullif':
      return sql`nullif(${value(node.left)}, ${value(node.right)})`
    case 'call':
      return functions[node.function](node.operands)
  }
}

export function condition(node: Condition): Sql {
  switch (node.kind) {
    case 'compare':
      return comparison(node.left, node.operator as Sql, node.right)
    case 'and':
      return joinSql(node.operands.map(part), ' AND ')
    case 'or':
      return joinSql(node.operands.map(part), ' OR ')
    case 'in':
      return sql`${operand(node.value)} ${not(node)}IN (${joinSql(node.items.map(bare), ', ')})`
    case 'between':
      return sql`${operand(node.value)} ${not(node)}BETWEEN ${bare(node.low)} AND ${bare(node.high)}`
    case 'like':
      return like(node)
    case 'is-null':
      return sql`${operand(node.value)} IS ${not(node)}NULL`
    case 'truth':
      return node.negated ? sql`NOT ${operand(node.value)}` : operand(node.value)
  }
}

function not({ negated }: { readonly negated: boolean }): Sql {
  return negated ? sql`NOT ` : sql``
}

/**
 * By the digits that the double is written with, as the other engines do: 1.005 is 1.01, though the double itself lies
 * below. From 1e16 on a double has no fraction.
 */
function round(number: Sql, places: Sql | null): Sql {
  if (places === null) return sql`round(${number}, 0)`
  const digits = sql`CAST(CAST(${number} AS VARCHAR) AS DECIMAL(38, 21))`
  return sql`CASE WHEN abs(${number}) < 1e16 THEN CAST(CAST(round(${digits}, ${places}) AS VARCHAR) AS DOUBLE) ELSE ${number} END`
}

/** Parentheses around what AND and OR could take apart. */
export function part(node: Condition): Sql {
  return node.kind === 'and' || node.kind === 'or' ? sql`(${condition(node)})` : condition(node)
}

const compound: ReadonlySet<Value['kind']> = new Set(['arithmetic', 'divide', 'modulo', 'negate', 'concat'])

function operand(node: Value): Sql {
  return compound.has(node.kind) ? sql`(${value(node)})` : value(node)
}

function bare(node: Value): Sql {
  return node.kind === 'literal' ? bareLiteral(node) : operand(node)
}

function list(nodes: readonly Value[]): Sql {
  return joinSql(nodes.map(value), ', ')
}

function comparison(left: Value, operator: Sql, right: Value): Sql {
  const one = right.kind === 'literal' ? operand(left) : bare(left)
  return sql`${one} ${operator} ${bare(right)}`
}

/** DuckDB does not always widen a decimal sum, and fails instead; in the type of the result there is room for it. */
function arithmetic({ left, operator, right, type }: ValueOf<'arithmetic'>): Sql {
  if (type.kind !== 'decimal') return sql`${operand(left)} ${operator as Sql} ${operand(right)}`
  const [one, other] = [left, right].map((each) => sql`CAST(${value(each)} AS ${typeName(type)})`)
  return sql`CAST(${one!} ${operator as Sql} ${other!} AS ${typeName(type)})`
}

function choice({ branches, otherwise }: ValueOf<'case'>): Sql {
  const whens = branches.map(({ when, then }) => sql`WHEN ${condition(when)} THEN ${value(then)}`)
  return sql`CASE ${joinSql(whens, ' ')} ELSE ${value(otherwise)} END`
}

/** Without ESCAPE no character escapes. */
function like(node: Extract<Condition, { kind: 'like' }>): Sql {
  const escape = node.escape === null ? sql`` : sql` ESCAPE ${string(node.escape)}`
  return sql`${operand(node.value)} ${not(node)}LIKE ${string(node.pattern)}${escape}`
}

const functions = {
  abs: (operands) => sql`abs(${list(operands)})`,
  floor: (operands) => sql`floor(${list(operands)})`,
  ceil: (operands) => sql`ceil(${list(operands)})`,
  round: ([operand, places]) => round(value(operand!), places === undefined ? null : bare(places)),
  // The other engines write two letters for ß.
  upper: ([operand]) => sql`upper(replace(${value(operand!)}, 'ß', 'SS'))`,
  lower: (operands) => sql`lower(${list(operands)})`,
  // Without its second argument trim takes every kind of Unicode space.
  trim: (operands) => sql`trim(${list(operands)}, ' ')`,
  length: (operands) => sql`length(${list(operands)})`,
  substring: ([operand, ...rest]) => sql`substring(${joinSql([value(operand!), ...rest.map(bare)], ', ')})`,
} satisfies Record<FunctionName, (operands: readonly Value[]) => Sql>
