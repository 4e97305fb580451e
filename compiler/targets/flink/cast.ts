/** The conversions of the language, guarded where Flink's own would differ from the other engines'. */
import type { Type, TypeKind } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { sqlType } from './types.ts'

export function cast(operand: Sql, from: Type, to: Type): Sql {
  const guarded = guards[`${from.kind}-${to.kind}`]
  return guarded === undefined ? sql`CAST(${operand} AS ${sqlType(to)})` : guarded(operand)
}

const guards: Readonly<Partial<Record<`${TypeKind}-${TypeKind}`, (operand: Sql) => Sql>>> = {
  // Flink cuts '-3.7' to -3 and reads blanks.
  'string-bigint': (operand) =>
    sql`CASE WHEN REGEXP(${operand}, '^[+-]?[0-9]+$') THEN TRY_CAST(${operand} AS BIGINT) END`,
  // Flink takes Java's own spellings: '1d', '0x1p3', 'NaN'.
  'string-double': (operand) =>
    sql`CASE WHEN REGEXP(${operand}, '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$') THEN TRY_CAST(${operand} AS DOUBLE) END`,
  // Flink writes TRUE and FALSE.
  'boolean-string': (operand) => sql`CASE WHEN ${operand} THEN 'true' WHEN NOT ${operand} THEN 'false' END`,
  // Flink clips at the bounds of BIGINT.
  'double-bigint': (operand) =>
    sql`CASE WHEN ABS(${operand}) <= 9007199254740992E0 THEN CAST(${operand} AS BIGINT) END`,
}
