/** ksqlDB's own grammar, as the package ksql-lint carries it. */
import { CharStream } from 'antlr4'
import { KsqlValidator } from 'ksql-lint'
import SqlBaseLexer from 'ksql-lint/lib/SqlBaseLexer.js'

/** Complaints of ksqlDB's parser. */
export function syntaxErrors(text: string): readonly string[] {
  return KsqlValidator.validate(text).map(({ line, column, message }) => `${line}:${column} ${message}`)
}

export interface KsqlToken {
  /** Its name in the grammar, or the word itself: STRING, BACKQUOTED_IDENTIFIER, CASE … */
  readonly kind: string
  readonly text: string
  /** Offsets in the text, end exclusive. */
  readonly start: number
  readonly end: number
}

/** The tokens that the parser gets; what the parser makes of them depends on their kinds alone. */
export function tokens(text: string): readonly KsqlToken[] {
  const lexer = new SqlBaseLexer(ignoringCase(new CharStream(text, true)))
  const found: KsqlToken[] = []
  for (let token = lexer.nextToken(); token.type !== -1; token = lexer.nextToken()) {
    if (token.channel === 0)
      found.push({
        kind: SqlBaseLexer.symbolicNames[token.type] ?? token.text,
        text: token.text,
        start: token.start,
        end: token.stop + 1,
      })
  }
  return found
}

/** The server's lexer sees capitals only. */
function ignoringCase(stream: CharStream): CharStream {
  const plain = stream.LA.bind(stream)
  stream.LA = (offset) => {
    const code = plain(offset)
    return code <= 0 ? code : String.fromCodePoint(code).toUpperCase().codePointAt(0)!
  }
  return stream
}

/** What a string literal or a name in back-ticks says. */
export function meaning({ kind, text }: KsqlToken): string {
  const inner = text.slice(1, -1)
  return kind === 'STRING' ? inner.replaceAll("''", "'") : inner.replaceAll('``', '`')
}
