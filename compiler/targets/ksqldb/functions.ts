/** Scalar functions and casts, in the forms that gave the same values as the other engines. */
import type { FunctionName, Type } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { property } from './quoting.ts'
import { mapped, strict, type Term } from './term.ts'
import { valueType } from './types.ts'

type Form = (operand: Sql, rest: readonly Sql[]) => Sql

/** Beyond 2^53 every double is whole, and FLOOR, CEIL and ROUND would clip it to a bigint. */
function whole(operand: Sql, branches: Sql): Sql {
  return sql`CASE WHEN ABS(${operand}) >= 9007199254740992 THEN ${operand} ${branches} END`
}

/** ROUND takes halves upwards, so that -2.5 becomes -2: negatives are rounded as positives. */
function round(operand: Sql, [places]: readonly Sql[]): Sql {
  if (places === undefined) {
    return whole(
      operand,
      sql`WHEN ${operand} < 0 THEN CAST(0 AS DOUBLE) - CAST(ROUND(ABS(${operand})) AS DOUBLE) ELSE CAST(ROUND(${operand}) AS DOUBLE)`,
    )
  }
  return sql`CASE WHEN ${operand} < 0 THEN CAST(0 AS DOUBLE) - ROUND(ABS(${operand}), ${places}) ELSE ROUND(${operand}, ${places}) END`
}

const forms = {
  abs: (operand) => sql`ABS(${operand})`,
  floor: (operand) => whole(operand, sql`ELSE CAST(FLOOR(${operand}) AS DOUBLE)`),
  ceil: (operand) => whole(operand, sql`ELSE CAST(CEIL(${operand}) AS DOUBLE)`),
  round,
  upper: (operand) => sql`UCASE(${operand})`,
  lower: (operand) => sql`LCASE(${operand})`,
  // TRIM would take tabs, line breaks and every other control character as well (java.lang.String.trim).
  trim: (operand) => sql`REGEXP_REPLACE(${operand}, ${property('(?s)^ +| +(?!.)')}, '')`,
  length: (operand) => sql`CAST(LEN(${operand}) AS BIGINT)`,
  substring: (operand, [start, length]) =>
    length === undefined
      ? sql`SUBSTRING(${operand}, ${start ?? sql`1`})`
      : sql`SUBSTRING(${operand}, ${start ?? sql`1`}, ${length})`,
} satisfies Record<FunctionName, Form>

/** `rest` are literals. */
export function call(name: FunctionName, operand: Term, rest: readonly Sql[]): Term {
  const form: Form = forms[name]
  return mapped(form(operand.sql, rest), operand)
}

const wholeNumber = property('^[+-]?[0-9]{1,38}$')
const anyNumber = property('^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$')

/** One of the conversions that `expression/casts.ts` allows; null, and never failing, where the value does not fit. */
export function cast(operand: Term, from: Type, to: Type): Term {
  const plain = sql`CAST(${operand.sql} AS ${valueType(to)})`
  if (valueType(from) === valueType(to)) return operand
  if (from.kind === 'string') return strict(plain, [operand], readable(operand.sql, to))
  if (from.kind === 'double' && to.kind === 'bigint') {
    return strict(plain, [operand], [sql`ABS(${operand.sql}) <= 9007199254740992`])
  }
  const digits = to.kind === 'decimal' ? to.precision - to.scale : Infinity
  if ((from.kind === 'int' && digits < 10) || (from.kind === 'bigint' && digits < 19)) {
    const greatest = 10n ** BigInt(digits) - 1n
    return strict(plain, [operand], [sql`${operand.sql} BETWEEN ${-greatest} AND ${greatest}`])
  }
  return mapped(plain, operand)
}

/** Java's own parsers also take 1d, 0x1p3 and blanks, and fail on a number too great, and with it the whole expression. */
function readable(text: Sql, to: Type): readonly Sql[] {
  const shaped = (pattern: Sql): Sql => sql`REGEXP_EXTRACT(${pattern}, ${text}) = ${text}`
  if (to.kind !== 'bigint') return [shaped(anyNumber)]
  const [least, greatest] = ['-9223372036854775808', '9223372036854775807'].map(
    (bound) => sql`CAST(${property(bound)} AS DECIMAL(19, 0))`,
  )
  return [shaped(wholeNumber), sql`CAST(${text} AS DECIMAL(38, 0)) BETWEEN ${least!} AND ${greatest!}`]
}
