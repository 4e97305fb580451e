/** Makes the generator's records and sends them to the source's topic, or writes them to a file. */
import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import type { Pipeline } from '../../compiler/ir.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { Failure } from '../../runtime/failure.ts'
import { createGenerator, fixedStart } from '../../runtime/produce/generator.ts'
import { pacedAt, unpaced } from '../../runtime/produce/pace.ts'
import { type ForkWorker, sendInParallel } from '../../runtime/produce/parallel.ts'
import type { Sent } from '../../runtime/produce/send.ts'
import { type Share, sendShare, sharesOf } from '../../runtime/produce/shares.ts'
import { writeRecords } from '../../runtime/produce/write.ts'
import { openInPlace, openReplacement } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { count, rateText, recordsIn, report, timing } from './produce-outcome.ts'

export interface ProduceOptions {
  /** How many; null goes on until Ctrl-C. */
  readonly records: number | null
  /** Records a second in all; null for as many as go. */
  readonly rate: number | null
  /** Processes. */
  readonly parallel: number
  /** 32 bits; null for another one each time. */
  readonly seed: number | null
  /** A file, `-` for stdout, or null for Kafka. */
  readonly output: string | null
  /** Of the event times in a file; in Kafka they are those of the clock. */
  readonly eventsPerSecond: number
  readonly json: boolean
}

/** The first argument by which pipec runs itself as one of `--parallel`'s processes; main then calls `runWorker`. */
export const workerArgument = '__produce-worker'

/** Processes, each of some 80 MB. */
const most = 64

/** `endpoint` may be null only where `output` is a file. */
export async function produce(
  options: ProduceOptions,
  pipeline: Pipeline,
  endpoint: KafkaEndpoint | null,
  io: Io,
  forkWorker: ForkWorker = forkSelf,
): Promise<ExitCode> {
  if (options.output !== null) return toFile(options, options.output, pipeline, io)
  if (endpoint === null) throw new TypeError('produce without a Kafka endpoint')
  if (options.parallel < 1 || options.parallel > most) {
    throw new Failure(`--parallel ${options.parallel} is not a number of processes from 1 to ${most}.`)
  }
  return toKafka(options, pipeline, endpoint, io, forkWorker)
}

/** What to send goes through the channel, not through arguments, which every user of the machine can read. */
function forkSelf(): ReturnType<ForkWorker> {
  return fork(process.argv[1]!, [workerArgument], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

function seedOf({ seed }: ProduceOptions): number {
  return seed ?? randomInt(2 ** 32)
}

async function toFile(
  options: ProduceOptions,
  output: string,
  { source, generator }: Pipeline,
  io: Io,
): Promise<ExitCode> {
  const records = await createGenerator(source, generator, {
    seed: seedOf(options),
    clock: { kind: 'spread', startMillis: fixedStart, eventsPerSecond: options.eventsPerSecond },
  })
  // Without a number it goes on until Ctrl-C, and somebody may follow the file.
  const open = options.records === null ? openInPlace : openReplacement
  const file = output === '-' ? null : open(absolute(io, output))
  const step = io.progress.start('writing records', options.records)
  const began = io.now()
  try {
    const written = await writeRecords(records, file === null ? io.stream : (text) => file.write(text), {
      count: options.records,
      pace: options.rate === null ? unpaced : pacedAt(options.rate, io.now),
      signal: io.signal,
      onProgress: (done) => step.update(done, rateText(done, io.now() - began)),
    })
    file?.keep()
    if (!io.signal.aborted) step.finish()
    io.err(
      `${count(written)} written to ${output === '-' ? 'stdout' : output}${timing(written, io.now() - began)}\n`,
    )
    return io.signal.aborted ? 130 : 0
  } finally {
    step.fail()
    file?.discard()
  }
}

async function toKafka(
  options: ProduceOptions,
  { source, generator, window }: Pipeline,
  endpoint: KafkaEndpoint,
  io: Io,
  forkWorker: ForkWorker,
): Promise<ExitCode> {
  const { topic } = source
  const before = await recordsIn(endpoint, topic, io.signal)
  const whole = {
    source,
    generator,
    endpoint,
    seed: seedOf(options),
    count: options.records,
    rate: options.rate,
  }
  const step = io.progress.start(`producing to ${topic}`, options.records)
  const began = io.now()
  const onProgress = (done: number): void => step.update(done, rateText(done, io.now() - began))
  const sent = await sendAll(sharesOf(whole, options.parallel), forkWorker, io.signal, onProgress)
  const elapsed = io.now() - began
  if (sent.error === null && !io.signal.aborted) step.finish()
  else step.fail()
  const length = window.kind === 'session' ? window.gap : window.size
  const openFor = length + source.eventTime.watermarkDelay
  return report({ options, topic, endpoint, before, sent, elapsed, openFor }, io)
}

async function sendAll(
  shares: readonly Share[],
  forkWorker: ForkWorker,
  signal: AbortSignal,
  onProgress: (acknowledged: number) => void,
): Promise<Sent> {
  const [only] = shares
  if (shares.length > 1 || only === undefined) return sendInParallel(shares, forkWorker, signal, onProgress)
  return sendShare(only, signal, onProgress)
}
