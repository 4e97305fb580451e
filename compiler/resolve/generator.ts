/** The generator's rules, each held against the type of its field. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { PipelineDocument } from '../document.ts'
import { typeName } from '../expression/types.ts'
import type { Field, Generator, GeneratorField, GeneratorRule, Json, Type } from '../ir.ts'
import { fakerMethods } from '../precompiled/faker-methods.ts'
import type { Scope } from './scope.ts'

type Rule = NonNullable<PipelineDocument['generator']>['fields'][string]

const kinds = ['faker', 'pick', 'lookup', 'now', 'sequence', 'value'] as const
type Kind = (typeof kinds)[number]

const companions: readonly { readonly key: 'weights' | 'values'; readonly needs: Kind }[] = [
  { key: 'weights', needs: 'pick' },
  { key: 'values', needs: 'lookup' },
]

export function resolveGenerator(
  document: PipelineDocument,
  fields: readonly Field[],
  scope: Scope,
): Generator | null {
  if (document.generator === undefined) return null
  const known = new Map(fields.map((each) => [each.name, each]))
  const rules = document.generator.fields
  const resolved = scope
    .keys(['generator', 'fields'])
    .flatMap((name) => resolveField(name, rules[name]!, known, document, scope))
  refuseCycles(resolved, scope)
  return { fields: resolved }
}

function resolveField(
  name: string,
  rule: Rule,
  known: ReadonlyMap<string, Field>,
  document: PipelineDocument,
  scope: Scope,
): GeneratorField[] {
  const path = ['generator', 'fields', name]
  const at = scope.keyAt(path)
  const field = known.get(name)
  if (field === undefined) {
    scope.complain(
      diagnostic(
        'unknown-field',
        at,
        { field: name, source: document.source.topic },
        didYouMean(name, known.keys()),
      ),
    )
    return []
  }
  const found = kinds.filter((each) => Object.hasOwn(rule, each))
  const [kind] = found
  if (kind === undefined || found.length > 1) {
    const words = kind === undefined ? 'says nothing' : `says ${found.join(' and ')}`
    scope.complain(diagnostic('rule-count', at, { field: name, found: words }))
    return []
  }
  for (const { key, needs } of companions) {
    if (rule[key] !== undefined && kind !== needs)
      scope.complain(diagnostic('rule-key', scope.keyAt([...path, key]), { key, needs }))
  }
  const resolved = resolveRule(kind, rule, field, known, document, scope)
  return resolved === null ? [] : [{ name, rule: resolved, nullRate: rule.null_rate ?? 0, at }]
}

function resolveRule(
  kind: Kind,
  rule: Rule,
  field: Field,
  known: ReadonlyMap<string, Field>,
  document: PipelineDocument,
  scope: Scope,
): GeneratorRule | null {
  const path = ['generator', 'fields', field.name]
  switch (kind) {
    case 'faker':
      return fake(rule, path, scope)
    case 'pick':
      return pick(rule, field, scope)
    case 'lookup':
      return lookup(rule, field, known, document, scope)
    case 'now':
      if (field.type.kind !== 'timestamp') wrong('now', field, scope, [...path, 'now'])
      return { kind }
    case 'sequence': {
      const { start = 1, step = 1 } =
        rule.sequence === true || rule.sequence === undefined
          ? {}
          : (rule.sequence as { start?: number; step?: number })
      if (!['int', 'bigint', 'double', 'decimal', 'string'].includes(field.type.kind))
        wrong('A sequence', field, scope, [...path, 'sequence'])
      return { kind, start, step }
    }
    case 'value':
      checkValue(rule.value as Json, field, [...path, 'value'], scope)
      return { kind, value: rule.value as Json }
  }
}

function fake(rule: Rule, path: (string | number)[], scope: Scope): GeneratorRule {
  const listed = typeof rule.faker !== 'string'
  const [method, ...rest] = (listed ? rule.faker : [rule.faker]) as [string, ...Json[]]
  if (!fakerMethods.includes(method)) {
    const at = scope.at([...path, 'faker', ...(listed ? [0] : [])])
    scope.complain(diagnostic('unknown-faker-method', at, { method }, fakerHint(method)))
  }
  return { kind: 'faker', method, arguments: rest }
}

/** Older fakers kept the same methods in other modules: `datatype.uuid` is `string.uuid` now. */
function fakerHint(method: string): string | null {
  const [called] = method.split('(')
  if (called !== method && fakerMethods.includes(called!))
    return `what it takes stands behind its name, in a list: [${called}, …]`
  const ending = `.${method.slice(method.lastIndexOf('.') + 1).toLowerCase()}`
  const moved = fakerMethods.filter((each) => each.toLowerCase().endsWith(ending))
  return moved.length === 1 ? `did you mean "${moved[0]}"?` : didYouMean(method, fakerMethods)
}

function wrong(value: string, field: Field, scope: Scope, path: (string | number)[]): void {
  scope.complain(
    diagnostic('value-type', scope.at(path), { value, field: field.name, type: typeName(field.type) }),
  )
}

function pick(rule: Rule, field: Field, scope: Scope): GeneratorRule {
  const path = ['generator', 'fields', field.name]
  const values = rule.pick as readonly Json[]
  values.forEach((value, index) => {
    checkValue(value, field, [...path, 'pick', index], scope)
  })
  const weights = rule.weights ?? null
  const at = scope.keyAt([...path, 'weights'])
  if (weights !== null && weights.length !== values.length) {
    scope.complain(diagnostic('weights-count', at, { weights: weights.length, values: values.length }))
  } else if (weights?.every((each) => each === 0)) scope.complain(diagnostic('weights-zero', at, {}))
  return { kind: 'pick', values, weights }
}

function lookup(
  rule: Rule,
  field: Field,
  known: ReadonlyMap<string, Field>,
  document: PipelineDocument,
  scope: Scope,
): GeneratorRule | null {
  const path = ['generator', 'fields', field.name]
  const from = rule.lookup!
  if (!known.has(from)) {
    scope.complain(
      diagnostic(
        'unknown-field',
        scope.at([...path, 'lookup']),
        { field: from, source: document.source.topic },
        didYouMean(from, known.keys()),
      ),
    )
    return null
  }
  if (rule.values === undefined) {
    scope.complain(diagnostic('missing-key', scope.keyAt(path), { key: 'values', parent: 'A lookup' }))
    return null
  }
  const values = rule.values as Readonly<Record<string, Json>>
  for (const [key, value] of Object.entries(values)) checkValue(value, field, [...path, 'values', key], scope)
  return { kind: 'lookup', field: from, values }
}

function refuseCycles(fields: readonly GeneratorField[], scope: Scope): void {
  const rules = new Map(fields.map((each) => [each.name, each]))
  for (const field of fields) {
    let next: GeneratorField | undefined = field
    for (let steps = 0; next?.rule.kind === 'lookup'; steps++) {
      if (steps > fields.length) {
        scope.complain(diagnostic('lookup-cycle', field.at, { field: field.name }))
        return
      }
      next = rules.get(next.rule.field)
    }
  }
}

const intRange = { least: -2147483648n, most: 2147483647n }
const bigintRange = { least: -9223372036854775808n, most: 9223372036854775807n }

function checkValue(value: Json, field: Field, path: (string | number)[], scope: Scope): void {
  const problem = valueProblem(value, field.name, field.type)
  if (problem !== null) scope.complain(problem(scope, path))
  else if (field.type.kind === 'decimal') refuseRounding(value, field, path, scope)
}

/** YAML's numbers are doubles: a decimal with more digits than one keeps would not be generated as written. */
function refuseRounding(value: Json, field: Field, path: (string | number)[], scope: Scope): void {
  const { start, end } = scope.at(path)
  const written = scope.text.slice(start, end)
  const digits = written.replace(/^[^1-9]*|[^0-9].*e.*/gi, '').replaceAll(/[^0-9]/g, '')
  if (typeof value !== 'number' || digits.length <= 15) return
  const type = typeName(field.type)
  const hint = 'at most 15 digits are kept'
  scope.complain(diagnostic('value-type', { start, end }, { value: written, field: field.name, type }, hint))
}

type Problem = (scope: Scope, path: (string | number)[]) => Diagnostic

function valueProblem(value: Json, field: string, type: Type): Problem | null {
  const shown = shortText(value)
  const mismatch: Problem = (scope, path) =>
    diagnostic('value-type', scope.at(path), { value: shown, field, type: typeName(type) })
  if (value === null) return null
  switch (type.kind) {
    case 'string':
      return typeof value === 'string' ? null : mismatch
    case 'boolean':
      return typeof value === 'boolean' ? null : mismatch
    case 'int':
      return integerProblem(value, shown, 'an int', intRange, mismatch)
    case 'bigint':
      return integerProblem(value, shown, 'a bigint', bigintRange, mismatch)
    case 'double':
    case 'decimal':
      return typeof value === 'number' || typeof value === 'bigint' ? null : mismatch
    case 'timestamp':
      return typeof value === 'string' || typeof value === 'number' ? null : mismatch
  }
}

function shortText(value: Json): string {
  if (typeof value === 'bigint') return String(value)
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function integerProblem(
  value: Json,
  shown: string,
  type: string,
  range: { least: bigint; most: bigint },
  mismatch: Problem,
): Problem | null {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return mismatch
  if (BigInt(value) >= range.least && BigInt(value) <= range.most) return null
  return (scope, path) =>
    diagnostic('integer-out-of-range', scope.at(path), {
      value: shown,
      type,
      range: `${range.least} to ${range.most}`,
    })
}
