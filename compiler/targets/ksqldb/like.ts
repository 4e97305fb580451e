/** LIKE as ksqlDB can be told it: its own has `%` and `_` stop at a line break (LikeEvaluator of confluentinc/ksql). */
import { type Sql, sql } from '../../text.ts'
import { string } from './quoting.ts'

/** True or false for a text that is not null. */
export function like(operand: Sql, pattern: string, escapedBy: string | null, negated: boolean): Sql {
  const match = sql`REGEXP_EXTRACT(${string(regularExpression([...pattern], escapedBy))}, ${operand})`
  return negated ? sql`${match} IS NULL` : sql`${match} IS NOT NULL`
}

/** From the first character to the last: with `(?s)` a dot is any character, and none may come behind the end. */
function regularExpression(characters: readonly string[], escapedBy: string | null): string {
  let inner = ''
  for (let at = 0; at < characters.length; at++) {
    const escapes = characters[at] === escapedBy && at + 1 < characters.length
    if (escapes) at++
    const character = characters[at] ?? ''
    if (!escapes && character === '%') inner += '.*'
    else if (!escapes && character === '_') inner += '.'
    else inner += character.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
  }
  return `(?s)^${inner}(?!.)`
}
