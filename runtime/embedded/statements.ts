/** A script's statements: what lies between semicolons, outside of quotes and comments. */

export interface Script {
  /** Everything but the last statement, in order. */
  readonly before: readonly string[]
  /** Of these, the tables: what depends on the records, which the first of them reads. Macros and views hold for any. */
  readonly tables: readonly string[]
  /** The query whose rows are the result. */
  readonly last: string
}

const piece = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|;|[^'";-]+|-/g
const definition = /^(?:\s|--[^\n]*\n)*CREATE OR REPLACE TEMP (?:MACRO|VIEW)\b/

export function splitScript(sql: string): Script {
  const statements = splitStatements(sql)
  const last = statements.pop()
  if (last === undefined) throw new TypeError('a script without a statement')
  return { before: statements, tables: statements.filter((each) => !definition.test(each)), last }
}

function splitStatements(sql: string): string[] {
  const statements = ['']
  for (const [token] of sql.matchAll(piece)) {
    if (token === ';') statements.push('')
    else statements[statements.length - 1] += token
  }
  return statements.filter((each) => each.replaceAll(/--[^\n]*/g, '').trim() !== '')
}
