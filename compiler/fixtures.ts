/** Fixture files: text to cases, with complaints as for pipelines. Pure. */
import { type Diagnostic, diagnostic, hasErrors } from './diagnostics/diagnostic.ts'
import { didYouMean } from './diagnostics/suggest.ts'
import { parseDuration } from './duration.ts'
import type { Json, Pipeline } from './ir.ts'
import { jsonLine } from './json.ts'
import validator from './precompiled/fixtures-validator.js'
import { decode, type Located, locate, type Path, parse } from './source.ts'
import { complaints } from './validate.ts'

export type Fate = 'kept' | 'late' | 'filtered out' | 'malformed'

export type Arrival =
  | {
      readonly kind: 'record'
      /** The record's value, one line. */
      readonly line: string
      readonly partition: number
      /** Null where any but late and malformed will do. */
      readonly fate: Fate | null
      readonly path: Path
    }
  /** Milliseconds. */
  | { readonly kind: 'pause'; readonly millis: number }

export interface Fixture {
  readonly name: string
  readonly flush: boolean
  readonly input: readonly Arrival[]
  /** Only the columns that are there count; window bounds are epoch milliseconds. */
  readonly expect: readonly Readonly<Record<string, Json>>[]
  readonly line: number
  readonly path: Path
}

interface FixturesDocument {
  readonly defaults?: Readonly<Record<string, Json>>
  readonly cases: readonly {
    readonly name: string
    readonly flush?: boolean
    readonly input: readonly ArrivalDocument[]
    readonly expect: readonly Readonly<Record<string, Json>>[]
  }[]
}

interface ArrivalDocument {
  readonly row?: Readonly<Record<string, Json>>
  readonly line?: string
  readonly pause?: string
  readonly partition?: number
  readonly fate?: Fate
}

export interface ReadFixtures {
  readonly text: string
  readonly fixtures: readonly Fixture[]
  readonly diagnostics: readonly Diagnostic[]
}

/** The cases of a fixture file for this pipeline; none where there are errors. */
export function readFixtures(bytes: Uint8Array, pipeline: Pipeline): ReadFixtures {
  const text = decode(bytes)
  if (typeof text !== 'string') return { text: '', fixtures: [], diagnostics: [text] }
  const { source, diagnostics } = parse(text)
  if (source === null) return { text, fixtures: [], diagnostics }
  const shape = complaints(source.root, validator, 'a fixture file')
  if (shape.length > 0) return { text, fixtures: [], diagnostics: shape }
  const reader = new Reader(source.root, text, pipeline)
  const fixtures = reader.read(source.root.value as unknown as FixturesDocument)
  const { diagnostics: found } = reader
  return { text, fixtures: hasErrors(found) ? [] : fixtures, diagnostics: found }
}

class Reader {
  readonly diagnostics: Diagnostic[] = []
  readonly #root: Located
  readonly #text: string
  readonly #columns: ReadonlySet<string>
  readonly #fields: ReadonlySet<string>

  constructor(root: Located, text: string, { source, groupBy, metrics }: Pipeline) {
    this.#root = root
    this.#text = text
    this.#fields = new Set(source.fields.map((each) => each.name))
    this.#columns = new Set([
      'window_start',
      'window_end',
      ...groupBy.map((each) => each.name),
      ...metrics.map((each) => each.name),
    ])
  }

  read({ cases, defaults = {} }: FixturesDocument): Fixture[] {
    this.#misspelt(defaults, ['defaults'])
    return cases.map((each, index) => {
      const path = ['cases', index]
      return {
        name: each.name,
        flush: each.flush ?? true,
        input: each.input.flatMap((arrival, at) => this.#arrival(arrival, defaults, [...path, 'input', at])),
        expect: each.expect.map((row, at) => this.#expected(row, [...path, 'expect', at])),
        line: this.#text.slice(0, locate(this.#root, path).at.start).split('\n').length,
        path,
      }
    })
  }

  #arrival(arrival: ArrivalDocument, defaults: Readonly<Record<string, Json>>, path: Path): Arrival[] {
    const kinds = (['row', 'line', 'pause'] as const).filter((each) => arrival[each] !== undefined)
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? 'says nothing' : `is ${kinds.join(' and ')} at once`
      this.diagnostics.push(diagnostic('arrival-kind', locate(this.#root, path).at, { found }))
      return []
    }
    const { row, line, pause, partition = 0, fate = null } = arrival
    if (pause !== undefined) return this.#pause(pause, arrival, path)
    if (row !== undefined) this.#misspelt(row, [...path, 'row'])
    return [
      {
        kind: 'record',
        line: row === undefined ? line! : jsonLine({ ...defaults, ...row }),
        partition,
        fate,
        path,
      },
    ]
  }

  /** Records may have more members than the pipeline has fields, but hardly ones that are a field's name but for a slip. */
  #misspelt(row: Readonly<Record<string, Json>>, path: Path): void {
    for (const field of Object.keys(row)) {
      const hint = this.#fields.has(field) ? null : didYouMean(field, this.#fields)
      if (hint === null) continue
      const place = locate(this.#root, [...path, field])
      this.diagnostics.push(diagnostic('unread-field', place.keyAt ?? place.at, { field }, hint))
    }
  }

  #pause(pause: string, { partition, fate }: ArrivalDocument, path: Path): Arrival[] {
    const { at } = locate(this.#root, path)
    if (partition !== undefined || fate !== undefined)
      this.diagnostics.push(diagnostic('fate-of-pause', at, {}))
    const parsed = parseDuration(pause)
    if ('millis' in parsed) return [{ kind: 'pause', millis: parsed.millis }]
    const place = locate(this.#root, [...path, 'pause']).at
    this.diagnostics.push(
      diagnostic('duration-range', place, { key: 'pause', text: pause, problem: parsed.problem }),
    )
    return []
  }

  #expected(row: Readonly<Record<string, Json>>, path: Path): Readonly<Record<string, Json>> {
    return Object.fromEntries(
      Object.entries(row).map(([column, value]) => [column, this.#cell(column, value, [...path, column])]),
    )
  }

  #cell(column: string, value: Json, path: Path): Json {
    const place = locate(this.#root, path)
    if (!this.#columns.has(column)) {
      const hint = didYouMean(column, this.#columns)
      this.diagnostics.push(diagnostic('unknown-column', place.keyAt ?? place.at, { column }, hint))
    }
    if (column !== 'window_start' && column !== 'window_end') return value
    const millis = typeof value === 'string' ? Date.parse(value) : value
    if (typeof millis === 'number' && Number.isSafeInteger(millis)) return millis
    this.diagnostics.push(diagnostic('bad-instant', place.at, { column, text: String(value).slice(0, 40) }))
    return value
  }
}
