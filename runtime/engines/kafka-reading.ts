/** How far each partition of a topic has been read, and whether that is far enough. */
import type { EachBatchPayload } from 'kafkajs'

export interface PartitionOffsets {
  readonly partition: number
  /** Of the first record that is still there. */
  readonly begin: number
  /** One past the last committed record; transactions' markers have offsets too, so this does not count records. */
  readonly end: number
}

export interface TopicRecord {
  readonly partition: number
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly key: string | null
  /** For keys that are no text: as text, those of two windows of ksqlDB may be the same. */
  readonly rawKey: Buffer | null
  readonly value: string | null
}

export interface ReadRange {
  /** The beginning, the end as it is now, or an offset for each partition by number. */
  readonly from: 'beginning' | 'end' | readonly number[]
  /** `end`: as it was when the call was made. `never`: until the signal, or until `onRecord` says stop. */
  readonly until: 'end' | 'never'
}

export class Reading {
  count = 0
  finished: boolean
  /** The offset that comes next in each partition. */
  readonly positions: Map<number, number>
  readonly #ends: ReadonlyMap<number, number>
  readonly #open: Set<number>
  readonly #onRecord: (record: TopicRecord) => undefined | 'stop'

  constructor(
    offsets: readonly PartitionOffsets[],
    { from, until }: ReadRange,
    onRecord: (record: TopicRecord) => undefined | 'stop',
  ) {
    this.#onRecord = onRecord
    this.positions = new Map(offsets.map((one) => [one.partition, startOf(one, from)]))
    this.#ends = new Map(offsets.map(({ partition, end }) => [partition, until === 'end' ? end : Infinity]))
    this.#open = new Set(offsets.map(({ partition }) => partition))
    this.finished = false
    for (const [partition, start] of [...this.positions]) this.reached(partition, start)
  }

  take({ batch }: EachBatchPayload): void {
    const { partition } = batch
    for (const { offset, timestamp, key, value } of batch.messages) {
      if (this.finished || Number(offset) >= this.#endOf(partition)) return
      if (Number(offset) < this.#positionOf(partition)) continue
      this.positions.set(partition, Number(offset) + 1)
      this.count++
      const record = { partition, offset: Number(offset), timestamp: Number(timestamp), ...texts(key, value) }
      if (this.#onRecord(record) === 'stop') this.finished = true
    }
  }

  reached(partition: number, position: number): void {
    this.positions.set(partition, Math.max(position, this.#positionOf(partition)))
    if (position >= this.#endOf(partition)) this.#open.delete(partition)
    if (this.#open.size === 0) this.finished = true
  }

  #positionOf(partition: number): number {
    return this.positions.get(partition) ?? 0
  }

  #endOf(partition: number): number {
    return this.#ends.get(partition) ?? 0
  }
}

function startOf({ partition, begin, end }: PartitionOffsets, from: ReadRange['from']): number {
  if (from === 'beginning') return begin
  return from === 'end' ? end : Math.max(begin, from[partition] ?? begin)
}

function texts(key: Buffer | null, value: Buffer | null): Pick<TopicRecord, 'key' | 'rawKey' | 'value'> {
  return {
    key: key === null ? null : key.toString('utf8'),
    rawKey: key,
    value: value === null ? null : value.toString('utf8'),
  }
}
