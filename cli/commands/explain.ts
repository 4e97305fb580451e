import type { Pipeline } from '../../compiler/ir.ts'
import { type ExplainedWindow, type Explanation, explainLast } from '../../runtime/explain.ts'
import { Failure } from '../../runtime/failure.ts'
import { readBytes } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadOutput } from '../load.ts'

export interface ExplainOptions {
  readonly file: string
  /** A file of records, one JSON object a line, or of one event. */
  readonly input: string
  /** Which line, from 1; null for the last one that is not blank. */
  readonly line: number | null
  readonly json: boolean
}

/** Which windows a record falls into, and what becomes of it there on each engine, after the lines before it. */
export async function explain(options: ExplainOptions, io: Io): Promise<ExitCode> {
  const output = loadOutput(options.file, io)
  if (output === null) return 1
  const bytes = Buffer.from(readBytes(absolute(io, options.input))).toString('latin1')
  const { lines, line } = chosenLines(bytes, options)
  const explanation = await explainLast(
    lines,
    output.pipeline,
    output.files.get('duckdb/query.sql')!,
    io.signal,
  )
  await io.out(
    options.json
      ? `${JSON.stringify({ input: options.input, line, ...explanation }, null, 2)}\n`
      : explanationText(explanation, line, options, output.pipeline),
  )
  return 0
}

/**
 * The line and what came before it, without blank lines; a single event may be spread over several. Characters are bytes, so
 * that those which are no UTF-8 reach the engine as they are.
 */
function chosenLines(
  text: string,
  { input, line }: ExplainOptions,
): { lines: readonly string[]; line: number } {
  const single = line === null ? asOneEvent(text) : null
  if (single !== null) return { lines: [single], line: 1 }
  const all = text.replace(/^\xef\xbb\xbf/, '').split(/\r?\n/)
  const last = line ?? all.findLastIndex((each) => each.trim() !== '') + 1
  if ((all[last - 1] ?? '').trim() === '') {
    throw new Failure(`${input} has ${last === 0 ? 'no record in it' : `no record at line ${last}`}.`, {
      next: 'Name a line that is not blank with --line.',
    })
  }
  return { lines: all.slice(0, last).filter((each) => each.trim() !== ''), line: last }
}

/** A line break can only stand between the tokens of a JSON text, never inside one. */
function asOneEvent(text: string): string | null {
  try {
    JSON.parse(text)
    return text.replaceAll(/[\r\n]+/g, ' ').trim()
  } catch {
    return null
  }
}

function explanationText(
  explanation: Explanation,
  line: number,
  { input }: ExplainOptions,
  pipeline: Pipeline,
): string {
  const { fate, reason, eventTime, clock, windows } = explanation
  const head = `${input}:${line}`
  if (fate === 'malformed')
    return `${head} is malformed: ${reason}. Every engine skips it, and it moves no clock.\n`
  const time = `event time  ${instant(eventTime!)}\nclock       ${clock === null ? 'none yet: it is the first row of the stream' : instant(clock)}\n`
  if (fate === 'filtered out')
    return `${head} is filtered out: "where" is not true for it. It is in no window and moves no clock.\n${time}`
  const late = windows.filter((each) => each.late).length
  const verdict =
    late === 0
      ? 'is in time'
      : late === windows.length
        ? 'is late'
        : `is late for ${late} of its ${windows.length} windows`
  return `${head} ${verdict}.\n${time}${windows.map((each) => windowText(each, pipeline)).join('')}`
}

function windowText({ start, end, late, engines }: ExplainedWindow, { source }: Pipeline): string {
  const closes = end + source.eventTime.watermarkDelay
  const verdicts = Object.entries(engines).map(([engine, verdict]) => `${engine} ${verdict}`)
  const state = late ? 'was final when the clock reached' : 'is final once the clock reaches'
  return `window      ${instant(start)} to ${instant(end)}, which ${state} ${instant(closes)}: ${verdicts.join(', ')}\n`
}

function instant(millis: number): string {
  return new Date(millis).toISOString()
}
