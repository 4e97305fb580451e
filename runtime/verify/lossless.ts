/** JSON objects whose members keep their text, so that no number goes through a double. */

/** Names to the text of their values, in order; null for what is no JSON object. Of a name that stands twice the last counts. */
export function readMembers(line: string): ReadonlyMap<string, string> | null {
  if (!isObject(line)) return null
  const members = new Map<string, string>()
  let depth = 0
  let name: string | null = null
  let start = 0
  for (const match of line.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]/g)) {
    const [token] = match
    if (depth === 1 && (token === ',' || token === '}') && name !== null) {
      members.set(name, line.slice(start, match.index).trim())
      name = null
    } else if (depth === 1 && token.startsWith('"') && name === null) name = JSON.parse(token) as string
    else if (depth === 1 && token === ':') start = match.index + 1
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
  }
  return members
}

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

export function writeMembers(members: ReadonlyMap<string, string>): string {
  return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}
