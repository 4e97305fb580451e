import { patternParts } from '../../expression/pattern.ts'
import { type Sql, sql } from '../../text.ts'
import { sqlString } from './quote.ts'

/** The pattern and, where one is needed, an escape: Spark's own default escape is the backslash, the language has none. */
export function likePattern(pattern: string, escapeWith: string | null): Sql {
  const parts = patternParts(pattern, escapeWith)
  const escaping = parts.some((part) => part.kind === 'character' && /[%_\\]/.test(part.character))
  const text = parts.map((part) => {
    if (part.kind !== 'character') return part.kind === 'one' ? '_' : '%'
    return escaping && /[%_!]/.test(part.character) ? `!${part.character}` : part.character
  })
  const literal = sqlString(text.join(''))
  return escaping ? sql`${literal} ESCAPE '!'` : literal
}
