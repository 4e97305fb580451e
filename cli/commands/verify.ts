/** The same records through every engine that is here and through the embedded one, under a name of the run's own. */
import { randomBytes, randomInt } from 'node:crypto'
import { emit, type Output } from '../../compiler/compile.ts'
import type { EngineName, Pipeline } from '../../compiler/ir.ts'
import { rowsQuery } from '../../compiler/targets/duckdb/rows.ts'
import { openEngine } from '../../runtime/embedded/engine.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { Failure } from '../../runtime/failure.ts'
import { removeLeftRun, removeRun } from '../../runtime/verify/deployment.ts'
import { withHardRows } from '../../runtime/verify/hard.ts'
import {
  generatedRecords,
  linesOfRecords,
  Placement,
  placed,
  recordsOfLines,
} from '../../runtime/verify/input.ts'
import { isRunName, renamed } from '../../runtime/verify/names.ts'
import { namedTopics, rebase } from '../../runtime/verify/rebase.ts'
import type { Oracle, SentRecord } from '../../runtime/verify/rows.ts'
import { type Report, verify as verifyRun } from '../../runtime/verify/verify.ts'
import { readText, readTree, type Tree, writeAtomically } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadPipeline } from '../load.ts'
import { type Operation, openWith } from '../operate.ts'
import { renderDiagnostics } from '../views/diagnostics.ts'
import { outcomeOf, verifyJson, verifyText } from '../views/verify.ts'
import { verifyHtml } from '../views/verify-html.ts'
import { generatedFolder } from './build.ts'

export interface VerifyOptions {
  readonly file: string
  readonly environment: string
  readonly engine: EngineName | null
  readonly records: number
  readonly seed: number | null
  /** A file of records instead of the generator's. */
  readonly input: string | null
  readonly keepInput: string | null
  /** Whether the generator's records stay as they are, without the hard ones. */
  readonly plain: boolean
  /** Seconds without progress. */
  readonly timeout: number
  /** How many differences of an engine are shown. */
  readonly differences: number
  readonly json: boolean
  readonly html: string | null
  /** The name of an earlier run, of which everything is removed; nothing else is done then. */
  readonly remove: string | null
}

/** Exit 0: equal. 2: an engine's answer is another one. 1: something could not be judged. */
export async function verify(options: VerifyOptions, io: Io): Promise<ExitCode> {
  const loaded = loadPipeline(options.file, io)
  if (loaded.diagnostics.length > 0) io.err(renderDiagnostics(loaded, 'text', io.color))
  if (loaded.output === null) return 1
  const operation = await openOperationOf(loaded.output, options, io)
  if (options.remove !== null) return removeOnly(options.remove, operation, io)
  const run = emit(renamed(loaded.output.pipeline, randomBytes(3).toString('hex')), loaded.text)
  const files = filesOfRun(loaded.output, run, readTree(generatedFolder(options.file, null, io)), io)
  const context = contextOf(operation, run, files)
  const engine = await openEngine()
  try {
    const oracle: Oracle = {
      engine,
      sql: run.files.get('duckdb/query.sql')!,
      rowsSql: rowsQuery(run.pipeline),
      signal: io.signal,
    }
    const records = await recordsOf(options, run.pipeline, oracle, io)
    const report = await deployed(options, run, context, operation, io, oracle, records)
    return await tell(options, loaded.output.pipeline, report, io)
  } finally {
    engine.close()
  }
}

async function openOperationOf(output: Output, options: VerifyOptions, io: Io): Promise<Operation> {
  const { file, environment, engine } = options
  return openWith(output, output.manifest, new Map(), { file, environment, engine }, io)
}

function contextOf({ context }: Operation, { manifest }: Output, files: Tree): Context {
  return {
    ...context,
    pipeline: manifest.pipeline,
    read(file) {
      const text = files.get(file)
      if (text === undefined) throw new TypeError(`a run without ${file}`)
      return text
    },
  }
}

/** Each job's text as it lies in generated/, under the run's names. */
function filesOfRun(output: Output, run: Output, disk: Tree, io: Io): Tree {
  const jobs = run.manifest.resources.flatMap((each) => ('file' in each ? [each.file] : []))
  const files = new Map<string, string>()
  for (const file of new Set(jobs)) {
    const text = disk.get(file)
    if (text === undefined)
      throw new Failure(`generated/${file} is missing, and what lies there is what verify judges.`, {
        next: 'Run `pipec build`.',
      })
    if (text !== output.files.get(file))
      io.progress.note(`generated/${file} is not what pipeline.yaml says: it is judged as it is.`)
    const rebased = rebase(text, output.files.get(file)!, run.files.get(file)!)
    refuseLive(file, rebased, output)
    files.set(file, rebased)
  }
  return files
}

function refuseLive(file: string, text: string, { manifest }: Output): void {
  const topics = manifest.resources.flatMap((each) => (each.kind === 'kafka-topic' ? [each.topic] : []))
  const [named] = namedTopics(text, topics)
  if (named === undefined) return
  throw new Failure(`generated/${file} names the topic "${named}" where a generated file would not.`, {
    next: 'A run must not touch the real topics: write that line as `pipec build` does, or build again.',
  })
}

async function recordsOf(
  options: VerifyOptions,
  pipeline: Pipeline,
  oracle: Oracle,
  io: Io,
): Promise<readonly SentRecord[]> {
  const seed = options.seed ?? randomInt(2 ** 32)
  const placement = new Placement(pipeline.source.partitions, seed)
  if (options.input !== null)
    return recordsOfLines(readText(absolute(io, options.input)), pipeline.source, placement)
  if (options.seed === null) io.err(`--seed ${seed} makes the same records again.\n`)
  const records = placed(await generatedRecords(pipeline, options.records, seed, !options.plain), placement)
  return options.plain ? records : withHardRows(records, pipeline, seed, oracle)
}

/** Whatever happens, all that the run has made goes again. */
async function deployed(
  options: VerifyOptions,
  run: Output,
  context: Context,
  { engines }: Operation,
  io: Io,
  oracle: Oracle,
  records: readonly SentRecord[],
): Promise<Report> {
  if (options.keepInput !== null) writeAtomically(absolute(io, options.keepInput), linesOfRecords(records))
  const request = {
    pipeline: run.pipeline,
    manifest: run.manifest,
    context,
    engines,
    only: options.engine,
    oracle,
    records,
    timeout: options.timeout * 1000,
    progress: io.progress,
  }
  const warn = (): void => io.err(leftBehind(run.manifest.pipeline))
  process.once('exit', warn)
  let failed = true
  try {
    const report = await verifyRun(request)
    failed = false
    return report
  } finally {
    const unseen = await removeRun(request, options.engine, failed)
    process.off('exit', warn)
    if (unseen.length > 0) io.err(`${unseen.join('\n')}\n${leftBehind(run.manifest.pipeline)}`)
  }
}

function leftBehind(name: string): string {
  return `What the run ${name} has made may still be there; \`pipec verify --remove ${name}\` removes it.\n`
}

async function removeOnly(
  name: string,
  { engines, context, manifest }: Operation,
  io: Io,
): Promise<ExitCode> {
  if (!isRunName(name))
    throw new Failure(`"${name}" is not the name of a run of verify.`, {
      next: 'It ends in _v and six digits or letters a to f, as the interrupted run has told it.',
    })
  const ofRun = { ...context, pipeline: name }
  const unseen = await removeLeftRun({ manifest, engines, context: ofRun, progress: io.progress })
  for (const note of unseen) io.err(`${note}\n`)
  await io.out(
    `Nothing of the run ${name} is left${unseen.length === 0 ? '' : ' on the engines that are here'}.\n`,
  )
  return 0
}

async function tell(options: VerifyOptions, pipeline: Pipeline, report: Report, io: Io): Promise<ExitCode> {
  const shown = { pipeline, report, differences: options.differences }
  for (const note of report.notes) io.err(`${note}\n`)
  await io.out(options.json ? `${JSON.stringify(verifyJson(shown), null, 2)}\n` : verifyText(shown))
  // Last: a file that cannot be written must not take what the run has found with it.
  if (options.html !== null) writeAtomically(absolute(io, options.html), verifyHtml(shown))
  const outcomes = report.engines.map(outcomeOf)
  if (outcomes.length === 0 || outcomes.includes('not judged')) return 1
  return outcomes.includes('different') ? 2 : 0
}
