/** What came of a `produce`: counted by the broker, and told. */
import { durationText } from '../../compiler/duration.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { topicOffsets } from '../../runtime/engines/kafka-read.ts'
import { Failure, isFailure } from '../../runtime/failure.ts'
import type { Sent } from '../../runtime/produce/send.ts'
import type { ExitCode, Io } from '../io.ts'

export interface Outcome {
  readonly options: { readonly records: number | null; readonly json: boolean }
  readonly topic: string
  readonly endpoint: KafkaEndpoint
  readonly before: number
  readonly sent: Sent
  readonly elapsed: number
  /** Milliseconds from a row until its window may close, at most. */
  readonly openFor: number
}

/** What the broker says it holds decides; that it acknowledged is only the promise. */
export async function report(outcome: Outcome, io: Io): Promise<ExitCode> {
  const { topic, endpoint, before, sent } = outcome
  const arrived = await recordsIn(endpoint, topic).then(
    (after) => after - before,
    () => null,
  )
  if (sent.error !== null) throw incomplete(outcome, arrived)
  if (arrived !== null && arrived < sent.acknowledged) throw lost(outcome, arrived)
  await tellResult(outcome, arrived, io)
  return io.signal.aborted ? 130 : 0
}

function incomplete({ topic, sent, options }: Outcome, arrived: number | null): unknown {
  const { error } = sent
  if (!isFailure(error)) return error
  const wanted = options.records === null ? '' : ` of ${options.records.toLocaleString('en')}`
  const unsure = sent.uncertain === 0 ? '' : `, and ${count(sent.uncertain)} may be there as well`
  const there =
    arrived === null
      ? `${count(sent.acknowledged)}${wanted} were acknowledged${unsure}`
      : `${count(arrived)}${wanted} have arrived in "${topic}"`
  return new Failure(`${error.message} ${there}.`, {
    ...(error.next === null ? {} : { next: error.next }),
    ...(error.detail === null ? {} : { detail: error.detail }),
    cause: error,
  })
}

function lost({ topic, sent }: Outcome, arrived: number): Failure {
  return new Failure(
    `Kafka acknowledged ${count(sent.acknowledged)} for "${topic}" and holds only ${arrived.toLocaleString('en')} of them.`,
    { next: 'The broker lost data, or the topic was made anew meanwhile: look at its log.' },
  )
}

async function tellResult(
  { options, topic, sent, elapsed, openFor }: Outcome,
  arrived: number | null,
  io: Io,
): Promise<void> {
  const { acknowledged, uncertain } = sent
  io.err(`${count(acknowledged)} sent to ${topic}${timing(acknowledged, elapsed)}\n`)
  if (uncertain > 0) io.err(`${count(uncertain)} more were on their way and may have arrived\n`)
  const others = (arrived ?? acknowledged) - acknowledged - uncertain
  if (others > 0) io.err(`meanwhile ${count(others)} came from elsewhere\n`)
  // Else who looks at the results at once wonders where the last ones are.
  if (acknowledged > 0)
    io.err(`Windows of the last ${durationText(openFor)} stay open until later records come.\n`)
  if (!options.json) return
  const seconds = elapsed / 1000
  await io.out(`${JSON.stringify({ topic, records: acknowledged, uncertain, seconds })}\n`)
}

export function count(records: number): string {
  return `${records.toLocaleString('en')} record${records === 1 ? '' : 's'}`
}

export function timing(records: number, millis: number): string {
  return ` in ${(millis / 1000).toFixed(1)} s (${rateText(records, millis)})`
}

export function rateText(records: number, millis: number): string {
  return `${Math.round((records * 1000) / Math.max(millis, 1)).toLocaleString('en')} records/s`
}

/** By offsets: a source has no transactions, so they count its records. */
export async function recordsIn(
  endpoint: KafkaEndpoint,
  topic: string,
  signal?: AbortSignal,
): Promise<number> {
  const offsets = await topicOffsets(endpoint, topic, signal)
  return offsets.reduce((sum, { end }) => sum + end, 0)
}
