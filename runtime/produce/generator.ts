/** Records as the pipeline's generator describes them, as fast as text can be joined. */
import type { Faker } from '@faker-js/faker'
import type { Field, Generator, GeneratorField, Source } from '../../compiler/ir.ts'
import { type Draw, drawOf, isPlainUuid, plain, type Surroundings } from './columns.ts'
import { defaultDraw } from './defaults.ts'
import { loadFaker } from './faker.ts'
import { type Random, seededRandom } from './random.ts'
import { timeMatcher, timeWriter } from './time-text.ts'

export interface GeneratedRecord {
  /** Of the source's key field; null where it has none, or where the field is null. */
  readonly key: string | null
  /** A JSON object with every field of the source, in order. */
  readonly value: string
}

export interface RecordGenerator {
  next(): GeneratedRecord
}

/** The times that `now` gives: of the wall, or spread evenly from a start, the same in every run. */
export type Clock =
  | { readonly kind: 'wall'; readonly now: () => number }
  | { readonly kind: 'spread'; readonly startMillis: number; readonly eventsPerSecond: number }

export interface GeneratorOptions {
  /** 32 bits; the same seed, clock and share give the same records. */
  readonly seed: number
  readonly clock: Clock
  /** Which of several processes this is that share the work; default the only one. */
  readonly share?: { readonly index: number; readonly of: number }
}

/** Where event times of files and of `pipec run` start: 2024-01-01T00:00:00Z. */
export const fixedStart = 1_704_067_200_000

/**
 * Throws Failure for what only a run can know: a faker method that does not exist or refuses its arguments, a value that
 * is not of its field's type. `next` throws Failure for a value that turns out so later.
 */
export async function createGenerator(
  source: Source,
  generator: Generator | null,
  options: GeneratorOptions,
): Promise<RecordGenerator> {
  const share = options.share ?? { index: 0, of: 1 }
  const seed = (options.seed ^ Math.imul(share.index, 0x9e3779b1)) >>> 0
  const { now, advance } = recordClock(options.clock)
  const around: Surroundings = {
    fields: source.fields,
    random: seededRandom(seed),
    faker: await fakerFor(source.fields, generator, seed, options.clock),
    now,
    time: timeWriter(source.eventTime.format, source.eventTime.timeZone),
    isTime: timeMatcher(source.eventTime.format),
    share,
  }
  return assemble(source, drawsOf(source.fields, generator, around), advance)
}

/** One time for all fields of a record: `advance` goes on to the next record's. */
function recordClock(clock: Clock): { now: () => number; advance: () => void } {
  let millis = 0
  const tick = ticks(clock)
  return {
    now: () => millis,
    advance() {
      millis = tick()
    },
  }
}

function ticks(clock: Clock): () => number {
  if (clock.kind === 'wall') return clock.now
  const { startMillis, eventsPerSecond } = clock
  let count = 0
  return () => startMillis + Math.floor((count++ * 1000) / eventsPerSecond)
}

async function fakerFor(
  fields: readonly Field[],
  generator: Generator | null,
  seed: number,
  clock: Clock,
): Promise<Faker | null> {
  const needed = generator?.fields.some(({ name, rule }) => {
    const field = fields.find((one) => one.name === name)
    return rule.kind === 'faker' && !(field !== undefined && isPlainUuid(field, rule))
  })
  return needed ? loadFaker(seed, clock.kind === 'wall' ? clock.now() : clock.startMillis) : null
}

/** A field's writer and its place in the record. */
interface Column {
  readonly place: number
  readonly draw: Draw
}

/** In the order in which they can be drawn: what is looked up by another field comes after it. */
function drawsOf(
  fields: readonly Field[],
  generator: Generator | null,
  around: Surroundings,
): readonly Column[] {
  const rules = new Map(generator?.fields.map((rule) => [rule.name, rule]))
  return inOrder(fields, rules).map((field) => ({
    place: fields.indexOf(field),
    draw: columnDraw(field, rules.get(field.name), around),
  }))
}

function inOrder(fields: readonly Field[], rules: ReadonlyMap<string, GeneratorField>): readonly Field[] {
  const ordered = new Set<Field>()
  const add = (field: Field, waiting: readonly Field[]): void => {
    if (waiting.includes(field)) throw new TypeError(`generator fields look each other up: ${field.name}`)
    const rule = rules.get(field.name)?.rule
    const target = rule?.kind === 'lookup' ? fields.find(({ name }) => name === rule.field) : undefined
    if (target !== undefined) add(target, [...waiting, field])
    ordered.add(field)
  }
  for (const field of fields) add(field, [])
  return [...ordered]
}

function columnDraw(field: Field, rule: GeneratorField | undefined, around: Surroundings): Draw {
  if (rule === undefined) return defaultDraw(field, around)
  const draw = drawOf(field, rule.rule, around)
  return rule.nullRate === 0 ? draw : sometimesNull(draw, rule.nullRate, around.random)
}

function sometimesNull(draw: Draw, rate: number, random: Random): Draw {
  return (drawn) => (random.fraction() < rate ? 'null' : draw(drawn))
}

function assemble(source: Source, columns: readonly Column[], advance: () => void): RecordGenerator {
  const names = source.fields.map(({ name }, place) => `${place === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  const keyPlace = source.fields.findIndex(({ name }) => name === source.key)
  const drawn: string[] = names.map(() => 'null')
  return {
    next() {
      advance()
      for (const { place, draw } of columns) drawn[place] = draw(drawn)
      let value = ''
      for (let place = 0; place < names.length; place++) value += names[place]! + drawn[place]!
      return { key: keyPlace < 0 ? null : keyText(drawn[keyPlace]!), value: `${value}}` }
    },
  }
}

function keyText(text: string): string | null {
  return text === 'null' ? null : plain(text)
}
