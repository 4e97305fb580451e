/** Computes the pipeline here: records from a file, a stream or the generator, through query.sql, to rows. */
import { randomInt } from 'node:crypto'
import type { Pipeline } from '../../compiler/ir.ts'
import { type EmbeddedResult, openEngine, type Summary } from '../../runtime/embedded/engine.ts'
import {
  type Input,
  openFileInput,
  openGeneratedInput,
  openStreamInput,
} from '../../runtime/embedded/input.ts'
import { locateRecord } from '../../runtime/embedded/locate.ts'
import { whyMalformed } from '../../runtime/embedded/malformed.ts'
import { Failure } from '../../runtime/failure.ts'
import { createGenerator, fixedStart } from '../../runtime/produce/generator.ts'
import { openReplacement } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { type RowFormat, rowWriter } from '../views/rows.ts'
import { summaryText } from '../views/summary.ts'

export interface RunOptions {
  /** A file, `-` for standard input, or null for the generator's records. */
  readonly input: string | null
  /** How many the generator makes. */
  readonly records: number
  /** 32 bits; null for another one each time. */
  readonly seed: number | null
  readonly eventsPerSecond: number
  /** Whether the end of the input closes every window. */
  readonly flush: boolean
  /** Whether the first malformed line is an error. */
  readonly strict: boolean
  /** Null: a table on a terminal, else JSON. */
  readonly format: RowFormat | null
  /** A file that gets the rows instead of stdout. */
  readonly output: string | null
}

/** `sql` is the text of generated/duckdb/query.sql. */
export async function run(options: RunOptions, pipeline: Pipeline, sql: string, io: Io): Promise<ExitCode> {
  const input = await openInput(options, pipeline, io)
  if (input === null) return 130
  try {
    const began = io.now()
    const result = await compute(options, pipeline, sql, input, io)
    io.err(summaryText(result, io.now() - began))
    const malformed = await firstMalformed(result.summary, options, pipeline, input)
    if (malformed !== null) io.err(`the first malformed: ${malformed}\n`)
    return 0
  } finally {
    input.remove()
  }
}

async function openInput(options: RunOptions, pipeline: Pipeline, io: Io): Promise<Input | null> {
  if (options.input === '-') return openStreamInput(io.stdin, io.signal)
  if (options.input !== null) return openFileInput(absolute(io, options.input), options.input, io.signal)
  return generated(options, pipeline, io)
}

async function generated(
  options: RunOptions,
  { source, generator }: Pipeline,
  io: Io,
): Promise<Input | null> {
  const seed = options.seed ?? randomInt(2 ** 32)
  const records = await createGenerator(source, generator, {
    seed,
    clock: { kind: 'spread', startMillis: fixedStart, eventsPerSecond: options.eventsPerSecond },
  })
  const step = io.progress.start('making records', options.records)
  try {
    const input = await openGeneratedInput(records, options.records, io.signal, (made) => step.update(made))
    if (options.seed === null && input !== null) io.err(`--seed ${seed} makes the same records again.\n`)
    if (input !== null) step.finish()
    return input
  } finally {
    step.fail()
  }
}

async function compute(
  options: RunOptions,
  pipeline: Pipeline,
  sql: string,
  input: Input,
  io: Io,
): Promise<EmbeddedResult> {
  const format = options.format ?? (options.output === null && io.outIsTerminal ? 'table' : 'json')
  const writer = rowWriter(format, timeColumns(pipeline))
  const file = options.output === null ? null : openReplacement(absolute(io, options.output))
  const write = file === null ? io.stream : (text: string): void => file.write(text)
  const engine = await openEngine()
  const step = io.progress.start('computing', 100)
  try {
    const result = await engine.run(
      {
        sql,
        input: input.path,
        flush: options.flush,
        signal: io.signal,
        onProgress: (percent) => step.update(percent),
        onSummary: (summary) =>
          options.strict ? refuseMalformed(summary, options, pipeline, input) : Promise.resolve(),
      },
      (rows, columns) => write(writer.rows(rows, columns)),
    )
    await write(writer.end(result.columns))
    file?.keep()
    step.finish()
    return result
  } finally {
    step.fail()
    engine.close()
    file?.discard()
  }
}

/** Columns of epoch milliseconds. */
function timeColumns({ groupBy, metrics }: Pipeline): ReadonlySet<string> {
  const groups = groupBy.filter(({ type }) => type.kind === 'timestamp')
  const extremes = metrics.filter(
    ({ aggregate }) =>
      (aggregate.kind === 'min' || aggregate.kind === 'max') && aggregate.argument.type.kind === 'timestamp',
  )
  return new Set(['window_start', 'window_end', ...[...groups, ...extremes].map(({ name }) => name)])
}

async function refuseMalformed(...of: Parameters<typeof firstMalformed>): Promise<void> {
  const malformed = await firstMalformed(...of)
  if (malformed === null) return
  throw new Failure(malformed, {
    next: 'Mend the line, or leave out --strict: then malformed lines are counted and skipped.',
  })
}

/** Its place and the reason. */
async function firstMalformed(
  { firstMalformed: record }: Summary,
  { input: named }: RunOptions,
  { source }: Pipeline,
  input: Input,
): Promise<string | null> {
  if (record === null) return null
  const file = named === null ? 'generated records' : named === '-' ? 'standard input' : named
  const line = await locateRecord(input.path, record)
  if (line === null) return `${file}, record ${record + 1}: it is not a record of the source.`
  return `${file}:${line.number}: ${whyMalformed(line.text, source) ?? 'it is not a record of the source'}.`
}
