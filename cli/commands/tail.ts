/** A plain reader of a topic: what a Kafka UI would show, in a terminal or a pipe. */
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { readTopic, topicOffsets } from '../../runtime/engines/kafka-read.ts'
import type { TopicRecord } from '../../runtime/engines/kafka-reading.ts'
import type { ExitCode, Io } from '../io.ts'

export interface TailOptions {
  readonly topic: string
  /** Shows this many and ends; null goes on until Ctrl-C. */
  readonly records: number | null
  /** From the oldest record on; else from the newest few that are there. */
  readonly fromBeginning: boolean
  readonly json: boolean
}

/** How many of the newest records it starts with when nobody says how many. */
const shownFirst = 10

/** Committed records only. The end that Ctrl-C or the reader makes is the ordinary one: exit code 0. */
export async function tail(options: TailOptions, endpoint: KafkaEndpoint, io: Io): Promise<ExitCode> {
  const end = new AbortController()
  const stop = (): void => end.abort()
  io.signal.addEventListener('abort', stop, { once: true })
  const printer = new Printer(options, io, stop)
  try {
    io.signal.throwIfAborted()
    const positions = options.fromBeginning
      ? 'beginning'
      : await showNewest(options, endpoint, printer, end.signal)
    if (!printer.full) await follow(options, endpoint, positions, printer, end.signal)
  } catch (error) {
    if (!end.signal.aborted && !io.signal.aborted) throw error
  }
  await printer.flushed
  return 0
}

/** Prints the newest records that are there, oldest of them first; gives where each partition goes on. */
async function showNewest(
  { topic, records }: TailOptions,
  endpoint: KafkaEndpoint,
  printer: Printer,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const wanted = records ?? shownFirst
  const offsets = await topicOffsets(endpoint, topic, signal)
  // Twice as far back, because markers of transactions have offsets as well.
  const from = offsets.map(({ begin, end }) => Math.max(begin, end - 2 * wanted))
  const found: TopicRecord[] = []
  const next = offsets.map(({ end }) => end)
  const onRecord = (record: TopicRecord): undefined => {
    found.push(record)
    next[record.partition] = Math.max(next[record.partition] ?? 0, record.offset + 1)
  }
  await readTopic(endpoint, topic, { from, until: 'end' }, onRecord, signal)
  for (const record of found.sort(byTime).slice(-wanted)) printer.print(record)
  return next
}

function byTime(one: TopicRecord, other: TopicRecord): number {
  return one.timestamp - other.timestamp || one.partition - other.partition || one.offset - other.offset
}

async function follow(
  { topic }: TailOptions,
  endpoint: KafkaEndpoint,
  from: 'beginning' | readonly number[],
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  await readTopic(
    endpoint,
    topic,
    { from, until: 'never' },
    (record) => {
      printer.print(record)
      return printer.full ? 'stop' : undefined
    },
    signal,
  )
}

/** Counts what it prints, and keeps the order in which a slow reader takes it. */
class Printer {
  flushed: Promise<void> = Promise.resolve()
  #printed = 0
  readonly #options: TailOptions
  readonly #io: Io
  readonly #stop: () => void

  /** `stop` is called when what was printed cannot be taken: then `flushed` says why. */
  constructor(options: TailOptions, io: Io, stop: () => void) {
    this.#options = options
    this.#io = io
    this.#stop = stop
  }

  get full(): boolean {
    return this.#options.records !== null && this.#printed >= this.#options.records
  }

  print(record: TopicRecord): void {
    if (this.full) return
    this.#printed++
    const line = this.#options.json ? JSON.stringify(record) : plainLine(record)
    this.flushed = this.flushed.then(() => this.#io.stream(`${line}\n`))
    this.flushed.catch(this.#stop)
  }
}

/** Partition, offset and time, then key and value as they are. */
function plainLine({ partition, offset, timestamp, key, value }: TopicRecord): string {
  const place = `${partition}:${offset}`.padEnd(9)
  return `${place} ${new Date(timestamp).toISOString()}  ${printable(key ?? 'null')}  ${printable(value ?? 'null')}`
}

/** ksqlDB's keys end in eight bytes of binary, and no record may steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\ufffd]+/g, (odd) => '·'.repeat(Math.min(odd.length, 8)))
}
