/**
 * Expressions in Spark SQL, under ANSI: whatever a row holds, none of these throws but a bigint overflow, which the
 * language leaves open.
 */
import type { Condition, FunctionName, Literal, Value } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { likePattern } from './like.ts'
import { sqlName, sqlString } from './quote.ts'
import { columnType } from './types.ts'

type ValueOf<K extends Value['kind']> = Extract<Value, { kind: K }>

export function value(node: Value): Sql {
  switch (node.kind) {
    case 'field':
      return sqlName(node.name)
    case 'literal':
      return literal(node.literal)
    case 'null':
      return sql`CAST(NULL AS ${columnType(node.type)})`
    case 'arithmetic':
      return sql`${operand(node.left)} ${node.operator as Sql} ${operand(node.right)}`
    case 'divide':
      return sql`${operand(node.left)} / NULLIF(${value(node.right)}, 0D)`
    case 'modulo':
      return sql`${operand(node.left)} % NULLIF(${value(node.right)}, 0)`
    case 'negate':
      return sql`-(${value(node.operand)})`
    case 'concat':
      return sql`${operand(node.left)} || ${operand(node.right)}`
    case 'case':
      return caseValue(node)
    case 'cast':
      return cast(node)
    case 'coalesce':
      return sql`COALESCE(${list(node.operands)})`
    case 'nullif':
      return sql`NULLIF(${value(node.left)}, ${value(node.right)})`
    case 'call':
      return functions[node.function](node.operands)
  }
}

export function condition(node: Condition): Sql {
  switch (node.kind) {
    case 'compare':
      return sql`${operand(node.left)} ${node.operator as Sql} ${operand(node.right)}`
    case 'and':
      return joinSql(node.operands.map(part), ' AND ')
    case 'or':
      return joinSql(node.operands.map(part), ' OR ')
    case 'in':
      return sql`${operand(node.value)} ${not(node)}IN (${list(node.items)})`
    case 'between':
      return sql`${operand(node.value)} ${not(node)}BETWEEN ${operand(node.low)} AND ${operand(node.high)}`
    case 'like':
      return sql`${operand(node.value)} ${not(node)}LIKE ${likePattern(node.pattern, node.escape)}`
    case 'is-null':
      return node.negated ? sql`${operand(node.value)} IS NOT NULL` : sql`${operand(node.value)} IS NULL`
    case 'truth':
      return node.negated ? sql`NOT ${operand(node.value)}` : operand(node.value)
  }
}

function not({ negated }: { readonly negated: boolean }): Sql {
  return negated ? sql`NOT ` : sql``
}

function part(node: Condition): Sql {
  return node.kind === 'and' || node.kind === 'or' ? sql`(${condition(node)})` : condition(node)
}

const compound: ReadonlySet<Value['kind']> = new Set(['arithmetic', 'divide', 'modulo', 'negate', 'concat'])

/** Parentheses around what an operator could take apart. */
export function operand(node: Value): Sql {
  return compound.has(node.kind) ? sql`(${value(node)})` : value(node)
}

function list(nodes: readonly Value[]): Sql {
  return joinSql(nodes.map(value), ', ')
}

function caseValue({ branches, otherwise }: ValueOf<'case'>): Sql {
  const whens = branches.map(({ when, then }) => sql`WHEN ${condition(when)} THEN ${value(then)}`)
  return sql`CASE ${joinSql(whens, ' ')} ELSE ${value(otherwise)} END`
}

function literal(node: Literal): Sql {
  switch (node.kind) {
    case 'string':
      return sqlString(node.text)
    case 'boolean':
      return node.value ? sql`TRUE` : sql`FALSE`
    case 'integer':
      return positive(`${node.value}L`)
    case 'double':
      return positive(`${Object.is(node.value, -0) ? '-0' : node.value}D`)
    case 'decimal':
      return positive(`${node.digits}BD`)
  }
}

/** `a --1` would begin a comment. */
function positive(number: string): Sql {
  return (number.startsWith('-') ? `(${number})` : number) as Sql
}

/** Spark's own conversions also take blanks, `1d` and `Infinity`; `\z`, as `$` would let a last line feed pass. */
const wholeNumber = sqlString('^[+-]?[0-9]+\\z')
const plainNumber = sqlString('^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?\\z')

function cast({ operand: from, type }: ValueOf<'cast'>): Sql {
  const operand_ = operand(from)
  if (from.type.kind === 'string') {
    const shape = type.kind === 'bigint' ? wholeNumber : plainNumber
    return sql`CASE WHEN ${operand_} RLIKE ${shape} THEN try_cast(${operand_} AS ${columnType(type)}) END`
  }
  if (from.type.kind === 'double' && type.kind === 'bigint') {
    return sql`CASE WHEN abs(${value(from)}) <= 9007199254740992D THEN CAST(${value(from)} AS BIGINT) END`
  }
  return sql`CAST(${value(from)} AS ${columnType(type)})`
}

const functions = {
  abs: (operands) => sql`abs(${list(operands)})`,
  floor: (operands) => rounded(sql`floor`, operands),
  ceil: (operands) => rounded(sql`ceil`, operands),
  round: ([number, places]) => sql`round(${value(number!)}, ${places === undefined ? 0 : bare(places)})`,
  upper: (operands) => sql`upper(${list(operands)})`,
  lower: (operands) => sql`lower(${list(operands)})`,
  trim: (operands) => sql`trim(${list(operands)})`,
  length: (operands) => sql`CAST(length(${list(operands)}) AS BIGINT)`,
  substring: ([text, ...rest]) => sql`substring(${joinSql([value(text!), ...rest.map(bare)], ', ')})`,
} satisfies Record<FunctionName, (operands: readonly Value[]) => Sql>

/** `floor` and `ceil` of a double are bigints in Spark, and clip; beyond 2^53 a double has no fraction anyway. */
function rounded(name: Sql, [argument]: readonly Value[]): Sql {
  const number = value(argument!)
  return sql`CASE WHEN abs(${number}) >= 9007199254740992D THEN ${number} ELSE CAST(${name}(${number}) AS DOUBLE) END`
}

/** Places and positions are INT; a bigint would not be narrowed. */
function bare(node: Value): Sql {
  if (node.kind !== 'literal' || node.literal.kind !== 'integer')
    throw new TypeError(`not a literal integer: ${node.kind}`)
  return `${node.literal.value}` as Sql
}
