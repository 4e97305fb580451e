/** Text from pipeline.yaml as ksqlDB reads it back: the same text, whatever it holds. */
import { joinSql, type Sql, sql } from '../../text.ts'

/** A name in back-ticks, which also keeps its case. */
export function identifier(name: string): Sql {
  return `\`${name.replaceAll('`', '``')}\`` as Sql
}

/** A string of a `WITH` property, where only a literal may stand. */
export function property(text: string): Sql {
  return `'${text.replaceAll("'", "''")}'` as Sql
}

/**
 * A string of an expression. The command line replaces `${name}` and `${name:-default}` wherever they stand in a
 * statement, quoted or not (https://docs.confluent.io/platform/current/ksqldb/how-to-guides/substitute-variables.html);
 * cut in two they are no variables.
 */
export function string(text: string): Sql {
  const pieces = text.split(/(?<=\$)(?=\{)/)
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return property(only)
  return sql`CONCAT(${joinSql(pieces.map(property), ', ')})`
}

/** `base`, or that with a number behind it, so that it is none of `taken`. */
export function unusedName(base: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}_${count}`
    if (!taken.has(name)) return name
  }
}
