/** Names and texts as Flink SQL quotes them: both kinds of quote are escaped by doubling, and nothing else is. */
import type { Sql } from '../../text.ts'

export function name(text: string): Sql {
  return ('`' + text.replaceAll('`', '``') + '`') as Sql
}

/** A backslash stands for itself in Flink's default dialect, and any Unicode text may stand between the quotes. */
export function text(value: string): Sql {
  return ("'" + value.replaceAll("'", "''") + "'") as Sql
}

/**
 * Names as the list-valued options of a table take them (`key.fields`): separated by semicolons, an element in quotes
 * of its own where it holds one, or a quote, or outer white space.
 */
export function nameList(names: readonly string[]): Sql {
  return text(names.map(listElement).join(';'))
}

function listElement(name: string): string {
  return /[;'"]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
}
