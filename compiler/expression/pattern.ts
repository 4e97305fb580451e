/** The patterns of LIKE part by part; also as regular expressions of Java, for engines whose own LIKE stops at a line break. */

export type PatternPart =
  | { readonly kind: 'one' | 'any' }
  | { readonly kind: 'character'; readonly character: string }

export function patternParts(pattern: string, escape: string | null): readonly PatternPart[] {
  const parts: PatternPart[] = []
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

/** Without anchors; under `(?s)` its dots are any character, line breaks too. */
export function regularExpression(parts: readonly PatternPart[]): string {
  const inner = parts.map((part) => {
    if (part.kind === 'character') return part.character.replace(/[\\^$.|?*+()[\]{}]/, '\\$&')
    return part.kind === 'one' ? '.' : '.*'
  })
  return inner.join('')
}
