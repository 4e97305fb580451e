/** `event_time.format`: the three names, or a pattern as java.time writes it, limited to what every engine reads alike. */
import type { PatternPart, TimeFormat } from './ir.ts'

const fields = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss', 'SSS'] as const
type TimeField = (typeof fields)[number]

const named = { epoch_millis: 'epoch_millis', epoch_seconds: 'epoch_seconds', iso8601: 'iso8601' } as const

export function parseTimeFormat(text: string): TimeFormat | { readonly problem: string } {
  const name = named[text as keyof typeof named]
  if (name !== undefined && Object.hasOwn(named, text)) return { kind: name }
  const parts: PatternPart[] = []
  for (const match of text.matchAll(/(y+|M+|d+|H+|m+|s+|S+)|'([A-Za-z]+)'|([-/.:, _])|(.)/gsu)) {
    const [, letters, quoted, plain, other] = match
    if (other !== undefined) return { problem: unknownPart(other) }
    if (letters === undefined) parts.push({ kind: 'text', text: quoted ?? plain! })
    else if (isTimeField(letters)) parts.push({ kind: letters })
    else return { problem: `"${letters}" is not one of yyyy MM dd HH mm ss SSS` }
  }
  const problem = incomplete(parts)
  return problem === null ? { kind: 'pattern', pattern: text, parts } : { problem }
}

/** A regular expression, as Java and RE2 read it, for the texts of exactly the pattern's widths. */
export function shapeOf(parts: readonly PatternPart[]): string {
  return parts
    .map((part) => (part.kind === 'text' ? part.text.replaceAll('.', '[.]') : `[0-9]{${part.kind.length}}`))
    .join('')
}

/** The same of `iso8601`. */
export const isoShape = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{3})?Z'

/** What a pattern of another system's letters was to be (`YYYY-MM-DDThh:mm:ss`), if that makes a format. */
export function likelyFormat(text: string): string | null {
  const meant = text
    .replaceAll('Y', 'y')
    .replaceAll('D', 'd')
    .replaceAll('h', 'H')
    .replaceAll(/(?<!')([TZ])(?!')/g, "'$1'")
  return 'problem' in parseTimeFormat(meant) ? null : meant
}

function isTimeField(letters: string): letters is TimeField {
  return (fields as readonly string[]).includes(letters)
}

function unknownPart(character: string): string {
  if (/[a-z]/i.test(character))
    return `the letter ${character} stands for nothing; letters that stand for themselves go in single quotes, as in 'T'`
  return `"${character}" cannot stand in a pattern`
}

function incomplete(parts: readonly PatternPart[]): string | null {
  const found = parts.map((each) => each.kind).filter((kind): kind is TimeField => kind !== 'text')
  const twice = found.find((each, index) => found.indexOf(each) !== index)
  if (twice !== undefined) return `${twice} stands in it twice`
  // Each part needs the next coarser one: minutes mean nothing without hours.
  const needed = fields.slice(0, Math.max(3, ...found.map((each) => fields.indexOf(each) + 1)))
  const missing = needed.find((each) => !found.includes(each))
  return missing === undefined ? null : `it has no ${missing}`
}

/** Whether the runtime knows the IANA name; UTC is always known and costs nothing to ask. */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){1,2}$/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
