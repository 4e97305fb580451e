/** What the parser sees, before names and types are known. Spans are offsets in the expression's own text. */
import type { Comparison, Span } from '../ir.ts'

export type Syntax =
  | { readonly kind: 'name'; readonly name: string; readonly at: Span }
  | { readonly kind: 'string'; readonly text: string; readonly at: Span }
  | { readonly kind: 'number'; readonly digits: string; readonly at: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: Span }
  | { readonly kind: 'null'; readonly at: Span }
  | { readonly kind: 'negate' | 'not'; readonly operand: Syntax; readonly at: Span }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Syntax
      readonly right: Syntax
      readonly at: Span
    }
  | {
      readonly kind: 'in'
      readonly value: Syntax
      readonly items: readonly Syntax[]
      readonly negated: boolean
      readonly at: Span
    }
  | {
      readonly kind: 'between'
      readonly value: Syntax
      readonly low: Syntax
      readonly high: Syntax
      readonly negated: boolean
      readonly at: Span
    }
  | {
      readonly kind: 'like'
      readonly value: Syntax
      readonly pattern: Syntax
      readonly escape: Syntax | null
      readonly negated: boolean
      readonly at: Span
    }
  | { readonly kind: 'is-null'; readonly value: Syntax; readonly negated: boolean; readonly at: Span }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Syntax; readonly then: Syntax }[]
      readonly otherwise: Syntax | null
      readonly at: Span
    }
  | { readonly kind: 'cast'; readonly operand: Syntax; readonly type: TypeName; readonly at: Span }
  | Call

export interface Call {
  readonly kind: 'call'
  /** Lower case. */
  readonly name: string
  readonly nameAt: Span
  readonly operands: readonly Syntax[]
  readonly star: boolean
  readonly distinct: boolean
  readonly at: Span
}

export type BinaryOperator = Comparison | 'and' | 'or' | '+' | '-' | '*' | '/' | '%' | '||'

/** The expressions of which one consists, in order. */
export function partsOf(syntax: Syntax): readonly Syntax[] {
  switch (syntax.kind) {
    case 'name':
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return []
    case 'negate':
    case 'not':
    case 'cast':
      return [syntax.operand]
    case 'binary':
      return [syntax.left, syntax.right]
    case 'in':
      return [syntax.value, ...syntax.items]
    case 'between':
      return [syntax.value, syntax.low, syntax.high]
    case 'like':
      return [syntax.value, syntax.pattern, ...(syntax.escape === null ? [] : [syntax.escape])]
    case 'is-null':
      return [syntax.value]
    case 'case':
      return [
        ...syntax.branches.flatMap(({ when, then }) => [when, then]),
        ...(syntax.otherwise === null ? [] : [syntax.otherwise]),
      ]
    case 'call':
      return syntax.operands
  }
}

/** `decimal(10,2)` is `{ name: 'decimal', arguments: [10, 2] }`. */
export interface TypeName {
  readonly name: string
  readonly arguments: readonly number[]
  readonly at: Span
}
