/** JSON as YAML in block style. Writing is the easy half of YAML; the library's writer costs more than all the rest. */
import type { Json } from './ir.ts'

/** With a final newline. Any reader, of YAML 1.1 too, reads the same JSON from it. */
export function yamlText(value: Json): string {
  return `${block(value, '').replace(/^ |^\n/, '')}\n`
}

/** What stands behind a key's colon or an item's dash: ` value` on the same line, or lines of their own. */
function block(value: Json, indent: string): string {
  if (typeof value === 'string') return ` ${text(value, indent)}`
  if (value === null || typeof value !== 'object') return ` ${String(value)}`
  if (Array.isArray(value)) {
    return value.length === 0 ? ' []' : value.map((each) => `\n${indent}-${item(each, indent)}`).join('')
  }
  const entries = Object.entries(value as { readonly [key: string]: Json })
  return entries.length === 0 ? ' {}' : entries.map((each) => `\n${indent}${entry(each, indent)}`).join('')
}

function entry([key, value]: [string, Json], indent: string): string {
  return `${isPlain(key) ? key : JSON.stringify(key)}:${block(value, `${indent}  `)}`
}

/** A mapping or list begins on the dash's own line. */
function item(value: Json, indent: string): string {
  return block(value, `${indent}  `).replace(/^\n */, ' ')
}

function text(value: string, indent: string): string {
  if (isPlain(value)) return value
  const lines = /^(?![ \n])[\t\x20-\x7e\n]*[^\n]\n$/.test(value) ? value.slice(0, -1).split('\n') : []
  if (lines.length < 2) return JSON.stringify(value).replaceAll('\x7f', '\\x7f')
  return `|${lines.map((line) => (line === '' ? '\n' : `\n${indent}${line}`)).join('')}`
}

/** Never what some reader takes for a number, a time, a boolean or null, and nothing with a mark of YAML's own in it. */
function isPlain(value: string): boolean {
  if (!/^(?:[A-Za-z0-9_/.(<]|-[A-Za-z-])(?:[\x21-\x7e]| (?!#))*$/.test(value)) return false
  if (/: |:$| $|^---|^\.\.\./.test(value)) return false
  return !/^(?:y|n|yes|no|on|off|true|false|null|nan|\.?inf|\.nan|[-+]?[0-9_]*\.?[0-9_]*(?:e[-+]?[0-9]*)?|0[xob][0-9a-f_]*|[-+]?[0-9][0-9_]*(?::[0-9_.]+)+|[0-9]{4}-[0-9]{1,2}-.*|<<)$/i.test(
    value,
  )
}
