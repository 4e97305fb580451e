/** Flink SQL as dt-sql-parser reads it. The engine tests give the same texts to Flink itself. */
import { FlinkSQL } from 'dt-sql-parser'

export interface Token {
  readonly kind: number
  readonly text: string
}

/** What the grammar, made for Flink 1.16, does not know and Flink 2.2.1 does; each stands only where pipec writes it. */
function older(script: string): string {
  return script
    .replaceAll(
      /TABLE\(SESSION\((TABLE (?:`(?:[^`]|``)*`))(?: PARTITION BY \([^)]*\))?,/g,
      'TABLE(TUMBLE($1,',
    )
    .replaceAll(/ DAY\(\d\)/g, ' DAY')
    .replaceAll(/(FLOOR\(.*) TO (?:DAY|HOUR|MINUTE|SECOND)\) - INTERVAL/g, '$1) - INTERVAL')
    .replaceAll('TRY_CAST(', 'CAST(')
    .replaceAll('CHAR_LENGTH(', 'UPPER(')
    .replaceAll('\\', backslash)
}

/** Stands in for one: the grammar lets it escape what follows, while in Flink it is a character like any other. */
const backslash = '\ue000'

export function syntaxErrors(script: string): readonly string[] {
  return quietly(() => new FlinkSQL().validate(older(script))).map(
    ({ startLine, startColumn, message }) => `${startLine}:${startColumn} ${message}`,
  )
}

/** Without white space and comments. */
export function tokens(script: string): readonly Token[] {
  return quietly(() => new FlinkSQL().getAllTokens(older(script)))
    .filter(({ channel }) => channel === 0)
    .map(({ type, text }) => ({ kind: type, text: text ?? '' }))
}

/** What a quoted token means, or null for any other. */
export function meaning({ text }: Token): string | null {
  const quote = text[0]
  if ((quote !== "'" && quote !== '`') || text.length < 2) return null
  return text
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replaceAll(backslash, '\\')
}

/** The parser prints every complaint to the console besides returning it. */
function quietly<T>(parse: () => T): T {
  const { error } = console
  console.error = () => {}
  try {
    return parse()
  } finally {
    console.error = error
  }
}
