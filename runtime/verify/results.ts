/** What an engine has written so far: the last record of each window and group counts. */
import type { Pipeline, Type } from '../../compiler/ir.ts'
import type { TopicRecord } from '../engines/kafka-reading.ts'
import { readMembers } from './lossless.ts'
import { groupKey } from './rows.ts'
import { type Exact, type Parsed, parseValue } from './values.ts'

export interface ActualRow {
  readonly start: number
  readonly end: number
  readonly groupKey: string
  readonly values: readonly Parsed[]
  /** As the engine wrote it. */
  readonly text: string
}

export interface Column {
  readonly name: string
  readonly type: Type
}

const millis: Type = { kind: 'bigint' }

/** In the order of an output row. */
export function columnsOf({ groupBy, metrics }: Pipeline): readonly Column[] {
  return [
    { name: 'window_start', type: millis },
    { name: 'window_end', type: millis },
    ...groupBy,
    ...metrics,
  ]
}

export class Results {
  readonly rows = new Map<string, ActualRow>()
  readonly malformed: { readonly text: string; readonly reason: string }[] = []
  /** Records that said once more what was known, and records that changed it. */
  repeats = 0
  updates = 0
  /** When a record came last that was no repetition; null before the first. */
  changedAt: number | null = null
  readonly #columns: readonly Column[]
  readonly #groups: number
  readonly #horizon: number
  readonly #now: () => number
  readonly #byKey = new Map<string, string>()

  /** Windows that end behind the horizon hold the closing rows, and are none of the run's. */
  constructor(pipeline: Pipeline, horizon: number, now: () => number) {
    this.#columns = columnsOf(pipeline)
    this.#groups = pipeline.groupBy.length
    this.#horizon = horizon
    this.#now = now
  }

  take({ rawKey, value }: Pick<TopicRecord, 'rawKey' | 'value'>): void {
    const key = rawKey?.toString('hex') ?? ''
    if (value === null) this.#forget(key)
    else this.#takeText(key, value)
  }

  #takeText(key: string, value: string): void {
    const row = this.#parse(value)
    if (typeof row === 'string') {
      this.malformed.push({ text: value, reason: row })
      this.changedAt = this.#now()
    } else if (row.end <= this.#horizon) this.#keep(key, row)
  }

  /** A table's tombstone: the window has gone into another one. */
  #forget(key: string): void {
    const known = this.#byKey.get(key)
    if (known !== undefined) this.rows.delete(known)
  }

  #keep(key: string, row: ActualRow): void {
    const identity = identityOf(row)
    const known = this.rows.get(identity)
    if (known !== undefined) {
      const same = known.values.every((value, index) => Object.is(value, row.values[index]))
      if (same) this.repeats++
      else this.updates++
      if (same) return
    }
    this.rows.set(identity, row)
    this.#byKey.set(key, identity)
    this.changedAt = this.#now()
  }

  #parse(text: string): ActualRow | string {
    const members = readMembers(text)
    if (members === null) return 'it is no JSON object'
    const missing = this.#columns.find(({ name }) => !members.has(name))
    if (missing !== undefined) return `it has no column "${missing.name}"`
    if (members.size > this.#columns.length) return 'it has columns that the pipeline does not have'
    const values = this.#columns.map(({ name, type }) => parseValue(members.get(name)!, type))
    const wrong = this.#columns.find((_, index) => values[index] === undefined)
    if (wrong !== undefined) return `"${wrong.name}" is ${members.get(wrong.name)}, no ${wrong.type.kind}`
    const [start, end] = values
    if (typeof start !== 'bigint' || typeof end !== 'bigint') return 'its window has no bounds'
    const group = values.slice(2, 2 + this.#groups) as Exact[]
    return {
      start: Number(start),
      end: Number(end),
      groupKey: groupKey(group),
      values: values.slice(2 + this.#groups),
      text,
    }
  }
}

export function identityOf({ start, end, groupKey }: Pick<ActualRow, 'start' | 'end' | 'groupKey'>): string {
  return `${start} ${end} ${groupKey}`
}
