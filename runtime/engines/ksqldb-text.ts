/** The statements of generated/ksqldb/statements.sql, as the REST interface takes them: one by one and without SET. */

const pieces = /--[^\n]*|\/\*.*?\*\/|'(?:[^']|'')*'|`(?:[^`]|``)*`|;|[^-/'`;]+|./gs

/** Without comments and without the settings, which are sent as properties. */
export function splitStatements(text: string): readonly string[] {
  const statements: string[] = []
  let current = ''
  for (const [piece] of text.matchAll(pieces)) {
    if (piece.startsWith('--') || piece.startsWith('/*')) current = current.replace(/\n[ \t]*$/, '')
    else current += piece
    if (piece !== ';') continue
    statements.push(current.trim())
    current = ''
  }
  return statements.filter((each) => !each.startsWith('SET '))
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Of a CREATE statement. */
export function createdName(statement: string): string {
  const [, name = ''] = /^CREATE (?:STREAM|TABLE) `((?:[^`]|``)+)`/.exec(statement) ?? []
  return name.replaceAll('``', '`')
}
