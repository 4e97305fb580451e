/** The command line's words: options in, one command file called, its exit code out. Nothing else happens here. */
import { Command, CommanderError, Option } from 'commander'
import { isFailure } from '../runtime/failure.ts'
import { build } from './commands/build.ts'
import { check } from './commands/check.ts'
import type { ExitCode, Io } from './io.ts'
import { processIo } from './io-process.ts'

declare const PIPEC_VERSION: string

type Action = (io: Io) => Promise<ExitCode>

const io = processIo()

/** A user's mistake shows as its message; a bug shows as one, with where to report it. */
async function perform(action: Action): Promise<void> {
  try {
    process.exitCode = await action(io)
  } catch (error) {
    process.exitCode = report(error)
  }
  if (io.signal.aborted) process.exitCode = 130
}

function report(error: unknown): ExitCode {
  if (io.signal.aborted) return 130
  if (!isFailure(error)) {
    io.err(`pipec has a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
  io.err(`error: ${error.message}\n`)
  if (error.detail !== null) io.err(`${error.detail.replaceAll(/^/gm, '  ')}\n`)
  if (error.next !== null) io.err(`${error.next}\n`)
  return 1
}

const file = ['[pipeline.yaml]', 'the pipeline', 'pipeline.yaml'] as const
const engines = ['flink', 'ksqldb', 'spark', 'pinot', 'kafka', 'duckdb', 'compose']
const engineOption = (words: string): Option => new Option('--engine <name>', words).choices(engines)

const program = new Command('pipec')
  .description('One definition, every stream engine, provably the same answer.')
  .version(PIPEC_VERSION, '-V, --version')
  .showSuggestionAfterError()
  .showHelpAfterError('Run it with --help to see what it takes.')
  .exitOverride()

function command(name: string, description: string, example: string): Command {
  return program
    .command(name)
    .description(description)
    .addHelpText('after', `\nExample:\n  $ ${example}`)
    .exitOverride()
}

command(
  'check',
  'Tell everything about a pipeline that can be known without an engine.',
  'pipec check --format github',
)
  .argument(...file)
  .addOption(
    new Option('--format <format>', 'how diagnostics are written')
      .choices(['text', 'json', 'github'])
      .default('text'),
  )
  .option('--json', 'the same as --format json')
  .action((path, options) =>
    perform((io) => check({ file: path, format: options.json ? 'json' : options.format }, io)),
  )

command(
  'build',
  'Write what every engine needs into generated/, to be reviewed and applied.',
  'pipec build --check',
)
  .argument(...file)
  .option('-o, --output <folder>', 'where to write (default: generated beside the pipeline)')
  .option('--check', 'write nothing; show a diff and exit 2 when generated/ is stale')
  .option('--watch', 'build again whenever the pipeline changes')
  .addOption(engineOption("write only this engine's files"))
  .option('--json', 'the files and what happened to each, as JSON')
  .action((path, options) =>
    perform((io) =>
      build(
        {
          file: path,
          output: options.output ?? null,
          check: !!options.check,
          watch: !!options.watch,
          engine: options.engine ?? null,
          json: !!options.json,
        },
        io,
      ),
    ),
  )

async function main(): Promise<void> {
  try {
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 1
  }
}

void main()
