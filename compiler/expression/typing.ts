/** What the rules of typing share: the names that are in reach, and the way back to the typer for what is inside. */
import type { Condition, Field, Span, Value } from '../ir.ts'
import type { Syntax } from './syntax.ts'

export interface Typing {
  readonly fields: ReadonlyMap<string, Field>
  /** The topic, for messages. */
  readonly source: string
  /** From an offset in the expression to its place in the file. */
  place(at: Span): Span
  value(syntax: Syntax): Value
  /** The syntax as a condition, or with `negate` as its opposite. */
  condition(syntax: Syntax, negate: boolean): Condition
}

export type SyntaxOf<K extends Syntax['kind']> = Extract<Syntax, { kind: K }>
