/** `where` and the metrics: parsed, typed, each complaint at its place in the file. */

import { scalarOffsets } from '../alignment.ts'
import { diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import { aggregates } from '../expression/functions.ts'
import { parseExpression } from '../expression/parser.ts'
import { type Call, partsOf, type Syntax } from '../expression/syntax.ts'
import { Complaint } from '../expression/tokens.ts'
import type { Typer } from '../expression/typer.ts'
import * as types from '../expression/types.ts'
import { described, isNumeric } from '../expression/types.ts'
import type { Aggregate, Condition, Metric, Span, Type } from '../ir.ts'
import type { Path } from '../source.ts'
import { isOwnColumn, nameProblem, type Scope } from './scope.ts'

/** Runs a step that stops at its first complaint, and files the complaint under its place in the file. */
function attempt<T>(scope: Scope, step: () => T): T | null {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    scope.complain(error.diagnostic)
    return null
  }
}

const beginsComment = 'to YAML a comment begins at the #: put the whole expression in double quotes'

function parsed(text: string, path: Path, scope: Scope): Syntax | null {
  const place = scalarOffsets(scope.text, scope.at(path), text)
  try {
    return parseExpression(text)
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    const { code, hint, at } = error.diagnostic
    const cut = code === 'unclosed-text' && /^[ \t]+#/.test(scope.text.slice(scope.at(path).end))
    scope.complain({ ...error.diagnostic, at: place(at), hint: cut ? beginsComment : hint })
    return null
  }
}

export function resolveWhere(text: string, typer: Typer, scope: Scope): Condition | null {
  const syntax = parsed(text, ['where'], scope)
  return syntax === null ? null : attempt(scope, () => typer.condition(syntax, false))
}

export function resolveMetric(name: string, text: string, typer: Typer, scope: Scope): Metric[] {
  const path = ['metrics', name]
  if (name.length > 128 || nameProblem.test(name))
    scope.complain(diagnostic('bad-field-name', scope.keyAt(path), { name: name.slice(0, 40) }))
  if (isOwnColumn(name)) scope.complain(diagnostic('reserved-field', scope.keyAt(path), { name }))
  const syntax = parsed(text, path, scope)
  if (syntax === null) return []
  if (syntax.kind !== 'call' || !aggregates.has(syntax.name)) {
    scope.complain(
      diagnostic('not-an-aggregate', scope.at(path), { metric: text.slice(0, 60) }, aggregateHint(syntax)),
    )
    return []
  }
  const at = scope.at(path)
  const aggregate = attempt(scope, () => resolveAggregate(syntax, typer, at))
  return aggregate === null ? [] : [{ name, aggregate, type: aggregateType(aggregate), at }]
}

function aggregateHint(syntax: Syntax): string | null {
  const inside = aggregatesIn(syntax)
  if (inside > 1) return 'make each aggregate a metric of its own'
  if (inside === 1) return "write the arithmetic inside, as in sum(x / 2), or leave it to the result's reader"
  return syntax.kind === 'call' ? didYouMean(syntax.name, aggregates) : null
}

function aggregatesIn(syntax: Syntax): number {
  const own = syntax.kind === 'call' && aggregates.has(syntax.name) ? 1 : 0
  return partsOf(syntax).reduce((sum, part) => sum + aggregatesIn(part), own)
}

function resolveAggregate(call: Call, typer: Typer, at: Span): Aggregate {
  if (call.star) {
    if (call.name === 'count') return { kind: 'count-rows' }
    throw new Complaint(
      diagnostic('argument-count', at, { function: call.name, expected: 'one expression', found: '*' }),
    )
  }
  const [operand] = call.operands
  if (operand === undefined || call.operands.length > 1) {
    const expected = call.name === 'count' ? '* or one expression' : 'one expression'
    throw new Complaint(
      diagnostic('argument-count', at, { function: call.name, expected, found: call.operands.length }),
    )
  }
  const argument = typer.value(operand)
  if (call.distinct) {
    if (call.name === 'count') return { kind: 'count-distinct', argument }
    throw new Complaint(diagnostic('distinct-here', at, { function: call.name }))
  }
  const kind = call.name as 'count' | 'sum' | 'avg' | 'min' | 'max'
  const numbers = kind === 'sum' || kind === 'avg'
  if (numbers ? !isNumeric(argument.type) : kind !== 'count' && argument.type.kind === 'boolean') {
    const expected = numbers ? 'a number' : 'a number, a string or a timestamp'
    throw new Complaint(
      diagnostic('type-mismatch', argument.at, { what: kind, expected, found: described(argument) }),
    )
  }
  return { kind, argument }
}

function aggregateType(aggregate: Aggregate): Type {
  switch (aggregate.kind) {
    case 'count-rows':
    case 'count':
    case 'count-distinct':
      return types.bigint
    case 'avg':
      return types.double
    case 'sum':
      return sumOf(aggregate.argument.type)
    case 'min':
    case 'max':
      return aggregate.argument.type.kind === 'int' ? types.bigint : aggregate.argument.type
  }
}

function sumOf(type: Type): Type {
  if (type.kind === 'decimal') return types.decimal(types.maximumPrecision, type.scale)
  return type.kind === 'double' ? types.double : types.bigint
}
