/** LIKE, and a regular expression where Flink's own would miss a line break. */
import { patternParts, regularExpression } from '../../expression/pattern.ts'
import { type Sql, sql } from '../../text.ts'
import { text } from './quote.ts'

/** In Flink 2.2.1 `_` is any character but a line break, while `%` holds those too. */
export function like(operand: Sql, pattern: string, escape: string | null, negated: boolean): Sql {
  const not = negated ? sql`NOT ` : sql``
  const parts = patternParts(pattern, escape)
  // REGEXP looks for a part, so that both ends are named.
  if (parts.some(({ kind }) => kind === 'one'))
    return sql`${not}REGEXP(${operand}, ${text(`(?s)\\A${regularExpression(parts)}\\z`)})`
  const escaping = escape === null ? sql`` : sql` ESCAPE ${text(escape)}`
  return sql`${operand} ${not}LIKE ${text(pattern)}${escaping}`
}
