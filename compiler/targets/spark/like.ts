import { type Sql, sql } from '../../text.ts'
import { sqlString } from './quote.ts'

/** The pattern and, where one is needed, an escape: Spark's own default escape is the backslash, the language has none. */
export function likePattern(pattern: string, escapeWith: string | null): Sql {
  const parts = readPattern(pattern, escapeWith)
  if (!parts.some(({ wild, text }) => !wild && /[%_\\]/.test(text))) {
    return sqlString(parts.map(({ text }) => text).join(''))
  }
  const text = parts.map(({ wild, text }) => (!wild && /[%_!]/.test(text) ? `!${text}` : text)).join('')
  return sql`${sqlString(text)} ESCAPE '!'`
}

interface Part {
  readonly text: string
  readonly wild: boolean
}

function readPattern(pattern: string, escapeWith: string | null): readonly Part[] {
  const parts: Part[] = []
  let escaped = false
  for (const text of pattern) {
    if (!escaped && text === escapeWith) escaped = true
    else {
      parts.push({ text, wild: !escaped && (text === '%' || text === '_') })
      escaped = false
    }
  }
  return parts
}
