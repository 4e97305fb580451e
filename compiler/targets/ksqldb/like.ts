/** LIKE as ksqlDB can be told it: its own has `%` and `_` stop at a line break (LikeEvaluator of confluentinc/ksql). */
import { patternParts, regularExpression } from '../../expression/pattern.ts'
import { type Sql, sql } from '../../text.ts'
import { string } from './quoting.ts'

/** True or false for a text that is not null. */
export function like(operand: Sql, pattern: string, escape: string | null, negated: boolean): Sql {
  // From the first character to the last: none may come behind the end.
  const whole = `(?s)^${regularExpression(patternParts(pattern, escape))}(?!.)`
  const match = sql`REGEXP_EXTRACT(${string(whole)}, ${operand})`
  return negated ? sql`${match} IS NULL` : sql`${match} IS NOT NULL`
}
