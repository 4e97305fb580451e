/** Strings and names as DuckDB writes them. */
import { type Sql, sql } from '../../text.ts'

export function string(text: string): Sql {
  return `'${text.replaceAll("'", "''")}'` as Sql
}

/** Always quoted: DuckDB reserves words such as `at`. */
export function name(text: string): Sql {
  return `"${text.replaceAll('"', '""')}"` as Sql
}

/** A field's place in a record, as a JSON pointer: no character but `~` and `/` means anything in one. */
export function pointer(field: string): Sql {
  return string(`/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

/** `base`, with underscores behind it until no field has the name; DuckDB ignores case in names. */
export function freeName(base: string, fields: readonly { readonly name: string }[]): Sql {
  const taken = new Set(fields.map((each) => each.name.toLowerCase()))
  let free = base
  while (taken.has(free)) free += '_'
  return free as Sql
}

/** A negative number in parentheses: `a --1` would begin a comment. */
export function number(text: string): Sql {
  return text.startsWith('-') ? sql`(${text as Sql})` : (text as Sql)
}
