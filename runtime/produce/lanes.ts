/** One lane a partition: a batch that fills while another one is on its way. */
import type { KafkaRecord, Sender } from '../engines/kafka-produce.ts'

export class Lanes {
  acknowledged = 0
  /** The first error of any batch. */
  error: unknown = null
  readonly #sender: Sender
  readonly #onProgress: (acknowledged: number) => void
  readonly #waiting: KafkaRecord[][]
  readonly #flights: (Flight | null)[]
  readonly #places = new Map<string, number>()
  #keyless = 0

  constructor(sender: Sender, onProgress: (acknowledged: number) => void) {
    this.#sender = sender
    this.#onProgress = onProgress
    this.#waiting = Array.from({ length: sender.partitions }, () => [])
    this.#flights = this.#waiting.map(() => null)
  }

  /** Records that were sent and not acknowledged: nobody knows whether they arrived. */
  get uncertain(): number {
    return this.#flights.reduce((sum, flight) => sum + (flight?.size ?? 0), 0)
  }

  add(record: KafkaRecord): void {
    this.#waiting[this.#place(record.key)]!.push(record)
  }

  /** Sends what has gathered wherever it is at least `least` records, each after what is on its way in its lane. */
  async flush(least: number, signal: AbortSignal): Promise<void> {
    this.#keyless = (this.#keyless + 1) % this.#waiting.length
    for (const [partition, records] of this.#waiting.entries()) {
      if (records.length < least) continue
      await this.#flights[partition]?.landed
      if (signal.aborted || this.error !== null) return
      this.#waiting[partition] = []
      this.#flights[partition] = this.#depart(partition, records)
    }
  }

  /** Until nothing is on its way, or `giveUp` was called. */
  async settled(): Promise<void> {
    await Promise.all(this.#flights.map((flight) => flight?.landed))
  }

  /** Waits no longer for what is on its way. */
  giveUp(): void {
    for (const flight of this.#flights) flight?.forget()
  }

  #depart(partition: number, records: readonly KafkaRecord[]): Flight {
    let forget = (): void => {}
    const landed = new Promise<void>((resolve) => {
      forget = resolve
      this.#sender
        .send(partition, records)
        .then(() => this.#acknowledge(partition, records.length))
        .catch((error: unknown) => {
          this.error ??= error
        })
        .then(resolve)
    })
    return { size: records.length, landed, forget }
  }

  #acknowledge(partition: number, records: number): void {
    this.#flights[partition] = null
    this.acknowledged += records
    this.#onProgress(this.acknowledged)
  }

  /** Keys repeat far more often than not; records without one change partition with every batch. */
  #place(key: string | null): number {
    if (key === null) return this.#keyless
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const place = this.#sender.partitionOf(key)
    if (this.#places.size < 100_000) this.#places.set(key, place)
    return place
  }
}

interface Flight {
  readonly size: number
  readonly landed: Promise<void>
  readonly forget: () => void
}
