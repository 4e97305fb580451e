/**
 * Text that is safe where a template puts it. Only the quoting functions of each dialect make these types from
 * arbitrary strings, so that quoting cannot be forgotten: a plain string does not fit into a template's view.
 */
declare const dialect: unique symbol

/** A fragment of SQL of any dialect. */
export type Sql = string & { readonly [dialect]: 'sql' }

/** A Python expression. */
export type Py = string & { readonly [dialect]: 'py' }

/** SQL written by pipec itself with fragments in it: ``sql`CAST(${operand} AS ${type})` ``. */
export function sql(strings: TemplateStringsArray, ...fragments: readonly (Sql | number | bigint)[]): Sql {
  return String.raw({ raw: strings }, ...fragments) as Sql
}

/** Python written by pipec itself with fragments in it. */
export function py(strings: TemplateStringsArray, ...fragments: readonly (Py | number | bigint)[]): Py {
  return String.raw({ raw: strings }, ...fragments) as Py
}

export function joinSql(fragments: readonly Sql[], separator: string): Sql {
  return fragments.join(separator) as Sql
}

export function joinPy(fragments: readonly Py[], separator: string): Py {
  return fragments.join(separator) as Py
}
