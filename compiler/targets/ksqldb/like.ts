/** The patterns of LIKE with an escape that ksqlDB can take: it copies the character into Java code, quotes and all. */

/** The same pattern with `!` as its escape, or with none where nothing has to be escaped. */
export function likePattern(
  pattern: string,
  escapedBy: string | null,
): { readonly text: string; readonly escaped: boolean } {
  const parts = symbols([...pattern], escapedBy)
  const escaped = parts.some((part) => part.literal && isWildcard(part.character))
  const text = parts.map((part) => (escaped ? withEscape(part) : part.character)).join('')
  return { text, escaped }
}

interface PatternSymbol {
  readonly character: string
  /** Stands for itself, wildcard or not. */
  readonly literal: boolean
}

function symbols(characters: readonly string[], escapedBy: string | null): readonly PatternSymbol[] {
  const found: PatternSymbol[] = []
  for (let at = 0; at < characters.length; at++) {
    const escapes = characters[at] === escapedBy && at + 1 < characters.length
    if (escapes) at++
    const character = characters[at] ?? ''
    found.push({ character, literal: escapes || !isWildcard(character) })
  }
  return found
}

function withEscape({ character, literal }: PatternSymbol): string {
  return literal && (isWildcard(character) || character === '!') ? `!${character}` : character
}

function isWildcard(character: string): boolean {
  return character === '%' || character === '_'
}
