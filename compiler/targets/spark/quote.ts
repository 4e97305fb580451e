/** Strings and names as Spark SQL and Python write them. */
import type { Py, Sql } from '../../text.ts'

/** A string literal; Spark reads backslash escapes in it. */
export function sqlString(text: string): Sql {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'` as Sql
}

export function sqlName(name: string): Sql {
  return `\`${name.replaceAll('`', '``')}\`` as Sql
}

/**
 * Any text as a Python string on one line. JSON's escapes mean the same in Python; what a reader would not see
 * (controls, marks that turn the direction of text, lone surrogates) is written as an escape too.
 */
export function pyString(text: string): Py {
  return JSON.stringify(text).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped) as Py
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** A column where PySpark takes its name as text: it reads dots and back-ticks in it. */
export function pyColumn(name: string): Py {
  return pyString(/^[A-Za-z_]\w*$/.test(name) ? name : sqlName(name))
}

/** A column as a SQL expression. */
export function pyExpression(expression: Sql): Py {
  return `F.expr(${pyString(expression)})` as Py
}

/** `base`, with underscores behind it until no other column has the name; Spark ignores case. */
export function freeName(base: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()))
  let name = base
  while (names.has(name)) name += '_'
  return name
}
