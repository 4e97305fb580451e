/**
 * Why a line is no record of the source. What the engine's script decides in SQL is decided here once more, so that a
 * message can say the reason; a test holds that the two never disagree. The letter of the contract:
 *
 * - int and bigint are digits with or without a minus sign, in range: not 12.0, not 1e2, not "12".
 * - double is any finite JSON number. decimal(p,s) is one too: more than s places are rounded, half away from zero, as
 *   Flink and Spark do; more than p - s digits before the point are malformed.
 * - A timestamp is written exactly as event_time.format says, every part in its full width, on a day and at an hour that
 *   exist, in the years 1 to 9999.
 * - Of a key that stands twice the first counts. Keys that are not declared may hold anything that is JSON.
 * - A string with half of a surrogate pair is no text, and the line no JSON.
 */
import type { Field, Source, TimeFormat, Type } from '../../compiler/ir.ts'
import { isReadableTime } from './time-shape.ts'

/** The reason, as words that follow "line 7: ", or null for a line that is a record. A line of null is no UTF-8. */
export function whyMalformed(line: string | null, { fields, eventTime }: Source): string | null {
  if (line === null) return 'it is not UTF-8'
  const found = parsed(line)
  if (typeof found === 'string') return found
  for (const field of fields) {
    const raw = found.get(field.name) ?? 'null'
    if (raw === 'null') {
      if (field.name === eventTime.field)
        return `the event time "${field.name}" is ${found.has(field.name) ? 'null' : 'missing'}`
    } else if (!fits(raw, field, eventTime.format))
      return `"${field.name}" is ${short(raw)}, which is no ${typeWords(field, eventTime.format)}`
  }
  return null
}

function parsed(line: string): ReadonlyMap<string, string> | string {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `it is ${kindWords(value)}, not an object`
  } catch (error) {
    return `it is not JSON (${(error as Error).message})`
  }
  if (/\\u[dD][89a-fA-F]/.test(line) && hasHalfPair(line)) return 'it is not JSON (half of a surrogate pair)'
  return members(line)
}

function hasHalfPair(line: string): boolean {
  const strings = line.match(/"[^"\\]*(?:\\.[^"\\]*)*"/g) ?? []
  return strings.some((text) => /\p{Surrogate}/u.test(JSON.parse(text) as string))
}

function kindWords(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

/** The text of each member's value; of an object or array its first character. */
function members(line: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let depth = 0
  let key: string | null = null
  let named = false
  for (const [token] of line.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g)) {
    if (depth === 1 && token === ':') named = true
    else if (depth === 1 && token === ',') named = false
    else if (depth === 1 && token !== '}') {
      if (!named) key = JSON.parse(token) as string
      else if (!found.has(key!)) found.set(key!, token)
    }
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
  }
  return found
}

function fits(raw: string, { type }: Field, format: TimeFormat): boolean {
  switch (type.kind) {
    case 'string':
      return raw.startsWith('"')
    case 'boolean':
      return raw === 'true' || raw === 'false'
    case 'int':
      return isWhole(raw, 32)
    case 'bigint':
      return isWhole(raw, 64)
    case 'double':
      return isNumber(raw) && Number.isFinite(Number(raw))
    case 'decimal':
      return isNumber(raw) && fitsDecimal(raw, type)
    case 'timestamp':
      return isReadableTime(raw, format)
  }
}

function isNumber(raw: string): boolean {
  return /^[-0-9]/.test(raw)
}

function isWhole(raw: string, bits: number): boolean {
  return /^-?[0-9]+$/.test(raw) && BigInt.asIntN(bits, BigInt(raw)) === BigInt(raw)
}

function fitsDecimal(raw: string, { precision, scale }: Extract<Type, { kind: 'decimal' }>): boolean {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(raw)!
  const digits = (whole + fraction).replace(/^0+/, '')
  // Where the first digit that is not 0 stands before the point; one place before it, a carry may still come to stand.
  const size = digits.length + Number(exponent) - fraction.length
  if (digits === '' || size < -scale) return true
  if (size > precision - scale) return false
  const kept = digits.slice(0, size + scale).padEnd(size + scale, '0')
  const rounded = BigInt(kept || '0') + ((digits[size + scale] ?? '0') >= '5' ? 1n : 0n)
  return String(rounded).length <= precision
}

function typeWords({ type }: Field, format: TimeFormat): string {
  if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`
  if (type.kind !== 'timestamp') return type.kind
  return `time in the format ${format.kind === 'pattern' ? format.pattern : format.kind}`
}

function short(raw: string): string {
  if (raw === '{') return 'an object'
  if (raw === '[') return 'an array'
  return raw.length > 60 ? `${raw.slice(0, 57)}...` : raw
}
