/** From syntax to typed values and conditions: names become fields, mixed types meet through casts, NOT sinks to the leaves. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { Condition, Field, Span, Value } from '../ir.ts'
import { called } from './calls.ts'
import { between, binaryCondition, inList, isComparison, isConnective, like, truthOf } from './conditions.ts'
import { numberLiteral, textLiteral, truthLiteral } from './literals.ts'
import type { Syntax } from './syntax.ts'
import { Complaint } from './tokens.ts'
import * as types from './types.ts'
import type { SyntaxOf, Typing } from './typing.ts'
import { cast, choice, computed, fieldValue, negated } from './values.ts'

/** Each is written twice, and those within it four times: this ends such doubling in time. */
const mostConditionsAsValues = 200

export class Typer implements Typing {
  readonly fields: ReadonlyMap<string, Field>
  readonly source: string
  readonly place: (at: Span) => Span
  #conditionsAsValues = 0

  /** `place` maps offsets in the expression to offsets in the file. */
  constructor(fields: readonly Field[], source: string, place: (at: Span) => Span) {
    this.fields = new Map(fields.map((each) => [each.name, each]))
    this.source = source
    this.place = place
  }

  condition(syntax: Syntax, negate: boolean): Condition {
    const at = this.place(syntax.at)
    switch (syntax.kind) {
      case 'not':
        return this.condition(syntax.operand, !negate)
      case 'binary':
        return binaryCondition(syntax, negate, at, this)
      case 'in':
        return inList(syntax, negate, at, this)
      case 'between':
        return between(syntax, negate, at, this)
      case 'like':
        return like(syntax, negate, at, this)
      case 'is-null':
        return { kind: 'is-null', value: this.value(syntax.value), negated: syntax.negated !== negate, at }
      default:
        return truthOf(syntax, negate, at, this)
    }
  }

  value(syntax: Syntax): Value {
    const at = this.place(syntax.at)
    switch (syntax.kind) {
      case 'name':
        return fieldValue(syntax.name, at, this)
      case 'string':
        return textLiteral(syntax.text, at)
      case 'boolean':
        return truthLiteral(syntax.value, at)
      case 'number':
        return numberLiteral(syntax.digits, at)
      case 'null':
        throw new Complaint(diagnostic('untyped-null', at, {}))
      case 'negate':
        return negated(syntax.operand, at, this)
      case 'binary':
        return this.#binary(syntax, at)
      case 'case':
        return choice(syntax, at, this)
      case 'cast':
        return cast(syntax, at, this)
      case 'call':
        return called(syntax, at, this)
      default:
        return this.#conditionAsValue(syntax, at)
    }
  }

  #binary(syntax: SyntaxOf<'binary'>, at: Span): Value {
    return isConnective(syntax.operator) || isComparison(syntax.operator)
      ? this.#conditionAsValue(syntax, at)
      : computed(syntax, at, this)
  }

  /** Where only "true or not" may matter, null is told from false by asking twice: is it true, is it false. */
  #conditionAsValue(syntax: Syntax, at: Span): Value {
    if (++this.#conditionsAsValues > mostConditionsAsValues)
      throw new Complaint(diagnostic('expression-too-complex', at, {}))
    return {
      kind: 'case',
      branches: [
        { when: this.condition(syntax, false), then: truthLiteral(true, at) },
        { when: this.condition(syntax, true), then: truthLiteral(false, at) },
      ],
      otherwise: { kind: 'null', type: types.boolean, at },
      type: types.boolean,
      at,
    }
  }
}
