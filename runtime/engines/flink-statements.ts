/** Cuts a script of Flink SQL into its statements, as the SQL client does: the gateway takes one at a time. */

type Token = { readonly kind: 'word' | 'end' | 'comment' | 'other'; readonly text: string }

const tokens =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<quoted>'(?:[^']|'')*'|`(?:[^`]|``)*`)|(?<word>[A-Za-z_][A-Za-z0-9_]*)|(?<end>;)|[\s\S]/g

/**
 * The statements in order, without the semicolons that end them and the comments before them. A statement set
 * (`BEGIN … END`) is one statement.
 */
export function statements(script: string): readonly string[] {
  const found: string[] = []
  let current = ''
  let depth = 0
  for (const { kind, text } of tokenize(script)) {
    if (kind === 'word') depth += nesting[text.toUpperCase()] ?? 0
    if (kind === 'end' && depth === 0) {
      found.push(current.trim())
      current = ''
    } else if (current.trim() !== '' || kind !== 'comment') current += text
  }
  return [...found, current.trim()].filter((statement) => statement !== '')
}

const nesting: Readonly<Record<string, number>> = { BEGIN: 1, CASE: 1, END: -1 }

function* tokenize(script: string): Generator<Token> {
  for (const match of script.matchAll(tokens)) {
    const { comment, word, end } = match.groups ?? {}
    if (comment !== undefined) yield { kind: 'comment', text: comment }
    else if (word !== undefined) yield { kind: 'word', text: word }
    else yield { kind: end === undefined ? 'other' : 'end', text: match[0] }
  }
}
