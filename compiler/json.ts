import type { Json } from './ir.ts'

/** JSON text with an indent of two, keys in the order given, bigints as plain integers, and a final newline. */
export function jsonText(value: Json): string {
  return `${print(value, '\n')}\n`
}

function print(value: Json, newline: string): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const inner = `${newline}  `
  if (Array.isArray(value)) {
    return value.length === 0
      ? '[]'
      : `[${value.map((each) => inner + print(each, inner)).join(',')}${newline}]`
  }
  const entries = Object.entries(value as { readonly [key: string]: Json })
  if (entries.length === 0) return '{}'
  return `{${entries.map(([key, each]) => `${inner}${JSON.stringify(key)}: ${print(each, inner)}`).join(',')}${newline}}`
}

/** JSON text on one line, bigints as plain integers. */
export function jsonLine(value: Json): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(jsonLine).join(',')}]`
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${jsonLine(each)}`)
    .join(',')}}`
}
