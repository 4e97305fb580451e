/** LIKE, and a regular expression where Flink's own would miss a line break. */
import { type Sql, sql } from '../../text.ts'
import { text } from './quote.ts'

/** In Flink 2.2.1 `_` is any character but a line break, while `%` holds those too. */
export function like(operand: Sql, pattern: string, escape: string | null, negated: boolean): Sql {
  const not = negated ? sql`NOT ` : sql``
  const parts = partsOf(pattern, escape)
  if (parts.some(({ kind }) => kind === 'one'))
    return sql`${not}REGEXP(${operand}, ${text(regularExpression(parts))})`
  const escaping = escape === null ? sql`` : sql` ESCAPE ${text(escape)}`
  return sql`${operand} ${not}LIKE ${text(pattern)}${escaping}`
}

type Part = { readonly kind: 'one' | 'any' } | { readonly kind: 'character'; readonly character: string }

function partsOf(pattern: string, escape: string | null): readonly Part[] {
  const parts: Part[] = []
  let escaped = false
  for (const character of pattern) {
    if (!escaped && character === escape) {
      escaped = true
      continue
    }
    const kind = escaped ? undefined : wildcards[character]
    parts.push(kind === undefined ? { kind: 'character', character } : { kind })
    escaped = false
  }
  return parts
}

const wildcards: Readonly<Record<string, 'one' | 'any'>> = { _: 'one', '%': 'any' }

/** `(?s)` lets a dot be a line break; REGEXP looks for a part, so that both ends are named. */
function regularExpression(parts: readonly Part[]): string {
  const inner = parts.map((part) => {
    if (part.kind === 'character') return part.character.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
    return part.kind === 'one' ? '.' : '.*'
  })
  return `(?s)\\A${inner.join('')}\\z`
}
