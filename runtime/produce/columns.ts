/** One writer a field: each draws the field's next value as JSON text, with all that can be known beforehand done once. */
import type { Faker } from '@faker-js/faker'
import type { Field, GeneratorRule, Json, Type } from '../../compiler/ir.ts'
import { Failure, isFailure } from '../failure.ts'
import { fakerMethod, methodNames, nearest } from './faker.ts'
import type { Random } from './random.ts'
import { uuidOf } from './uuid.ts'
import { Misfit, valueWriter } from './value-text.ts'

/** `drawn` holds the texts of the current record's fields that were drawn before this one. */
export type Draw = (drawn: readonly string[]) => string

export interface Surroundings {
  readonly fields: readonly Field[]
  readonly random: Random
  /** Null where no field uses it. */
  readonly faker: Faker | null
  /** The current record's time in milliseconds. */
  readonly now: () => number
  readonly time: (millis: number) => string
  readonly isTime: (text: string) => boolean
  /** Of several processes that share one sequence: which this is, and how many there are. */
  readonly share: { readonly index: number; readonly of: number }
}

/** Throws Failure where a value of the rule cannot be one of the field's. */
export function drawOf(field: Field, rule: GeneratorRule, around: Surroundings): Draw {
  const write = checkedWriter(field, around, true)
  switch (rule.kind) {
    case 'value':
      return constant(write(rule.value))
    case 'pick':
      return pick(rule.values.map(write), rule.weights, around.random)
    case 'sequence':
      return sequence(rule.start, rule.step, write, around)
    case 'now':
      return now(field, around)
    case 'lookup':
      return lookup(field, rule, write, around)
    case 'faker':
      return isPlainUuid(field, rule) ? () => `"${uuidOf(around.random)}"` : faked(field, rule, around)
  }
}

function constant(text: string): Draw {
  return () => text
}

/** In a field that is no timestamp: epoch milliseconds as a number, ISO-8601 as a string. */
function now(field: Field, around: Surroundings): Draw {
  const { now, time } = around
  if (field.type.kind === 'timestamp') return () => time(now())
  const write = checkedWriter(field, around, false)
  return field.type.kind === 'string' ? () => write(new Date(now())) : () => write(now())
}

function pick(texts: readonly string[], weights: readonly number[] | null, random: Random): Draw {
  if (weights === null) return () => texts[random.below(texts.length)]!
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return () => {
    let left = random.fraction() * total
    const index = weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return texts[index < 0 ? texts.length - 1 : index]!
  }
}

/** Processes that work in parallel take turns, so that no number comes twice. */
function sequence(
  start: number,
  step: number,
  write: (value: unknown) => string,
  { share }: Surroundings,
): Draw {
  let next = BigInt(start) + BigInt(step) * BigInt(share.index)
  const stride = BigInt(step) * BigInt(share.of)
  return () => {
    const text = write(next)
    next += stride
    return text
  }
}

function lookup(
  field: Field,
  rule: Extract<GeneratorRule, { kind: 'lookup' }>,
  write: (value: unknown) => string,
  around: Surroundings,
): Draw {
  const target = around.fields.findIndex(({ name }) => name === rule.field)
  const texts = new Map(Object.entries(rule.values).map(([key, value]) => [key, write(value)]))
  const known = new Map([['null', 'null']])
  return (drawn) => {
    const from = drawn[target]!
    const found = known.get(from)
    if (found !== undefined) return found
    const text = texts.get(plain(from))
    if (text === undefined) throw noEntry(field, rule.field, from)
    known.set(from, text)
    return text
  }
}

function noEntry(field: Field, target: string, text: string): Failure {
  return new Failure(`The lookup of generator field "${field.name}" has no value for ${target} = ${text}.`, {
    next: `Add ${text} to its \`values\`.`,
  })
}

/** A JSON scalar's text without quotes, as keys of records and of lookups are written. */
export function plain(text: string): string {
  if (!text.startsWith('"')) return text
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
}

/** What needs no faker. */
export function isPlainUuid(field: Field, rule: GeneratorRule): boolean {
  const isUuid = rule.kind === 'faker' && rule.method === 'string.uuid' && rule.arguments.length === 0
  return isUuid && field.type.kind === 'string'
}

function faked(field: Field, rule: Extract<GeneratorRule, { kind: 'faker' }>, around: Surroundings): Draw {
  const { faker } = around
  if (faker === null) throw new TypeError('faker is not loaded')
  const method = fakerMethod(faker, rule.method)
  if (method === null) throw unknownMethod(field, rule.method, faker)
  const parameters = rule.arguments.map(withoutPrototype)
  const write = checkedWriter(field, around, false)
  const draw = (): string => write(method(...parameters))
  tryOnce(field, rule.method, draw)
  return draw
}

/** faker looks into its options with `in` and spreads them: give it objects of its own. */
function withoutPrototype(json: Json): unknown {
  return json === null || typeof json !== 'object' ? json : structuredClone(json)
}

function unknownMethod(field: Field, method: string, faker: Faker): Failure {
  const near = nearest(method, methodNames(faker))
  return new Failure(`faker has no method "${method}", which generator field "${field.name}" names.`, {
    next: near === null ? 'See https://fakerjs.dev/api for its methods.' : `Did you mean "${near}"?`,
  })
}

/** Better before the first record than after some. */
function tryOnce(field: Field, method: string, draw: () => string): void {
  try {
    draw()
  } catch (error) {
    if (isFailure(error)) throw error
    throw new Failure(`faker's ${method} refuses its arguments in generator field "${field.name}".`, {
      detail: (error as Error).message,
      next: `See https://fakerjs.dev/api for what ${method} takes.`,
    })
  }
}

/** Says which field it was that a value did not fit. */
function checkedWriter(
  field: Field,
  { time, isTime }: Surroundings,
  literal: boolean,
): (value: unknown) => string {
  const write = valueWriter(field.type, { time, isTime, literal })
  return (value) => {
    try {
      return write(value)
    } catch (error) {
      if (!(error instanceof Misfit)) throw error
      throw new Failure(`Generator field "${field.name}" (${typeName(field.type)}): ${error.message}.`, {
        next: `Give a rule whose values are of type ${typeName(field.type)}, or change the field's type.`,
      })
    }
  }
}

function typeName(type: Type): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind
}
