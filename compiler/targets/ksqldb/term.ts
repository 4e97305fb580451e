/**
 * ksqlDB compiles an expression to Java, where null operands of an operator make the whole expression fail, and with it
 * become null, whatever stands beside them. So each expression carries the conditions under which it may be evaluated.
 */
import { joinSql, type Sql, sql } from '../../text.ts'

export interface Term {
  /** Has its value wherever all of `present` hold. */
  readonly sql: Sql
  /** Together true if and only if the value is not null. */
  readonly present: readonly Sql[]
  /** Whether `sql` is null, and does not fail, where `present` does not hold. */
  readonly total: boolean
}

/** Never null. */
export function certain(text: Sql): Term {
  return { sql: text, present: [], total: true }
}

/** May be null, and then nothing fails. */
export function nullable(text: Sql): Term {
  return { sql: text, present: [sql`${text} IS NOT NULL`], total: true }
}

/** Null if one of the operands is, and then not to be evaluated. */
export function strict(text: Sql, operands: readonly Term[], more: readonly Sql[] = []): Term {
  return { sql: text, present: unique([...operands.flatMap((each) => each.present), ...more]), total: false }
}

/** Null if the operand is, as all scalar functions of ksqlDB are that pipec uses. */
export function mapped(text: Sql, operand: Term): Term {
  return { sql: text, present: operand.present, total: operand.total }
}

/** Text that may be evaluated anywhere. */
export function safe(term: Term): Sql {
  if (term.total || term.present.length === 0) return term.sql
  return sql`CASE WHEN ${joinSql(term.present, ' AND ')} THEN ${term.sql} END`
}

/** What has to hold before `sql` may stand in a comparison, which is false for null by itself. */
export function guards(terms: readonly Term[]): readonly Sql[] {
  return unique(terms.flatMap((each) => (each.total ? [] : each.present)))
}

export function unique(conditions: readonly Sql[]): readonly Sql[] {
  return [...new Set(conditions)]
}
