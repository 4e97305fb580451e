/** The command line's words: options in, one command file called, its exit code out. Nothing else happens here. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type EngineKey, engineKeys } from '../runtime/engines/engine.ts'
import { isFailure } from '../runtime/failure.ts'
import { build } from './commands/build.ts'
import { check } from './commands/check.ts'
import { diskFailure } from './files.ts'
import { type ExitCode, type Io, ReaderGone } from './io.ts'
import { processIo } from './io-process.ts'
import type { TargetOptions } from './operate.ts'

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
  // Clients that cannot be interrupted (kafkajs goes on connecting for minutes) must not keep a process that is done.
  if (io.signal.aborted) process.exit(130)
}

function report(thrown: unknown): ExitCode {
  if (io.signal.aborted) return 130
  if (thrown instanceof ReaderGone) return 0
  const error = diskFailure(thrown) ?? thrown
  if (!isFailure(error)) {
    io.err(`pipec has a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return 1
  }
  io.err(`error: ${error.message}\n`)
  if (error.detail !== null) io.err(`${error.detail.replaceAll(/^/gm, '  ')}\n`)
  if (error.next !== null) io.err(`${error.next}\n`)
  return 1
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** Of 32 bits, which is what the generator starts from. */
function seedOption(words: string): Option {
  return new Option('--seed <number>', words).argParser((text) => {
    const seed = wholeNumber(text)
    if (seed >= 2 ** 32) throw new InvalidArgumentError(`It must be below ${2 ** 32}.`)
    return seed
  })
}

function positive(text: string): number {
  const number = Number(text)
  if (!(number > 0) || !Number.isFinite(number))
    throw new InvalidArgumentError('It must be a number above 0.')
  return number
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

command('init', 'Write a pipeline to start from, which builds and runs as it is.', 'pipec init my-pipeline')
  .argument('[folder]', 'where to write', '.')
  .action((folder) =>
    perform(async (io) => {
      const { init } = await import('./commands/init.ts')
      return init({ folder }, io)
    }),
  )

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

const environmentOption = (): Option =>
  new Option('-e, --environment <name>', 'where the engines are').default('local')
const only = (words: string): Option => new Option('--engine <name>', words).choices(engineKeys)

interface Operated {
  readonly environment: string
  readonly engine?: EngineKey
  readonly json?: boolean
  readonly yes?: boolean
  readonly watch?: boolean
  readonly exitCode?: boolean
}

function targetOptions(path: string, { environment, engine }: Operated): TargetOptions {
  return { file: path, environment, engine: engine ?? null }
}

command(
  'run',
  'Compile the pipeline and compute it here: no container, no Java, no broker.',
  'pipec run --input events.ndjson',
)
  .argument(...file)
  .addOption(
    new Option(
      '-i, --input <file>',
      'one JSON object a line, in order of arrival; - reads stdin (default: generated records)',
    ).conflicts(['records', 'seed', 'eventsPerSecond']),
  )
  .addOption(
    new Option('-n, --records <count>', 'how many records to generate')
      .argParser(wholeNumber)
      .default(100_000),
  )
  .addOption(seedOption('generates the same records again'))
  .addOption(
    new Option('--events-per-second <number>', 'how generated event times are spread')
      .argParser(positive)
      .default(1000),
  )
  .option('--no-flush', 'leave out windows that the data itself has not closed')
  .option('--strict', 'a malformed line is an error that names the line')
  .addOption(
    new Option('--format <format>', 'of the rows (default: table on a terminal, else json)').choices([
      'table',
      'json',
      'csv',
    ]),
  )
  .option('-o, --output <file>', 'write the rows to a file')
  .action((path, options) =>
    perform(async (io) => {
      const { runFor } = await import('./commands/for-pipeline.ts')
      return runFor(
        path,
        {
          input: options.input ?? null,
          records: options.records,
          seed: options.seed ?? null,
          eventsPerSecond: options.eventsPerSecond,
          flush: options.flush,
          strict: !!options.strict,
          format: options.format ?? null,
          output: options.output ?? null,
        },
        io,
      )
    }),
  )

command(
  'produce',
  "Make the generator's records and send them to the source topic, or write them to a file.",
  'pipec produce -n 100000 --parallel 2',
)
  .argument(...file)
  .addOption(new Option('-n, --records <count>', 'how many (default: until Ctrl-C)').argParser(wholeNumber))
  .addOption(
    new Option('--rate <per second>', 'records a second (default: as many as go)').argParser(positive),
  )
  .addOption(
    new Option('--parallel <processes>', 'how many processes make and send')
      .argParser(wholeNumber)
      .default(1),
  )
  .addOption(seedOption('makes the same records again'))
  .option('-o, --output <file>', 'write them to a file, or to stdout with -')
  .addOption(
    new Option('--events-per-second <number>', 'how event times are spread in a file')
      .argParser(positive)
      .default(1000),
  )
  .addOption(environmentOption())
  .option('--json', 'the outcome as JSON')
  .action((path, options) =>
    perform(async (io) => {
      const { produceFor } = await import('./commands/for-pipeline.ts')
      return produceFor(
        { file: path, environment: options.environment },
        {
          records: options.records ?? null,
          rate: options.rate ?? null,
          parallel: options.parallel,
          seed: options.seed ?? null,
          output: options.output ?? null,
          eventsPerSecond: options.eventsPerSecond,
          json: !!options.json,
        },
        io,
      )
    }),
  )

command('test', "Run the pipeline's fixtures: rows in, rows out, late rows.", 'pipec test --junit report.xml')
  .argument('[fixtures...]', 'fixture files (default: tests/*.yaml beside the pipeline)')
  .option('-f, --file <pipeline.yaml>', 'the pipeline', 'pipeline.yaml')
  .option('--name <text>', 'only fixtures whose name contains it')
  .addOption(
    new Option('--update', 'write what came out into the fixtures, and show the difference').conflicts([
      'engine',
      'json',
      'junit',
    ]),
  )
  .option('--junit <file>', 'write a JUnit report')
  .addOption(new Option('--engine <name>', 'run them on a live engine').choices(['flink', 'ksqldb', 'spark']))
  .addOption(environmentOption())
  .option('--json', 'the outcome as JSON')
  .action((fixtures, options) =>
    perform(async (io) => {
      const { test } = await import('./commands/test.ts')
      return test(
        {
          file: options.file,
          fixtures,
          name: options.name ?? null,
          update: !!options.update,
          json: !!options.json,
          junit: options.junit ?? null,
          engine: options.engine ?? null,
          environment: options.environment,
        },
        io,
      )
    }),
  )

command(
  'explain',
  'Show which windows a record falls into, and what becomes of it on each engine.',
  'pipec explain --input events.ndjson --line 17',
)
  .argument(...file)
  .requiredOption('-i, --input <file>', 'a file with one JSON object a line, or with one event')
  .addOption(new Option('--line <number>', 'which line (default: the last one)').argParser(wholeNumber))
  .option('--json', 'as JSON')
  .action((path, options) =>
    perform(async (io) => {
      const { explain } = await import('./commands/explain.ts')
      return explain(
        { file: path, input: options.input, line: options.line ?? null, json: !!options.json },
        io,
      )
    }),
  )

const withOption = new Option('--with <way>', 'how the engines are started').choices(['docker', 'native'])

command(
  'up',
  'Start the engines, in containers or natively, and say where to look.',
  'pipec up --with native',
)
  .argument(...file)
  .addOption(withOption)
  .option('--engine <names>', 'only these, separated by commas; Kafka always')
  .addOption(
    new Option('--port-offset <number>', 'added to every port of a native start').argParser(wholeNumber),
  )
  .option('--json', 'where everything is, as JSON')
  .action((path, options) =>
    perform(async (io) => {
      const { up } = await import('./commands/up.ts')
      return up(
        {
          file: path,
          with: options.with ?? null,
          engine: options.engine ?? null,
          portOffset: options.portOffset ?? null,
          json: !!options.json,
        },
        io,
      )
    }),
  )

command('down', 'Stop exactly what up started.', 'pipec down --volumes')
  .argument(...file)
  .addOption(withOption)
  .option('--volumes', "remove the engines' data too: topics, checkpoints, tables")
  .option('--json', 'what was stopped, as JSON')
  .action((path, options) =>
    perform(async (io) => {
      const { down } = await import('./commands/down.ts')
      return down(
        { file: path, with: options.with ?? null, volumes: !!options.volumes, json: !!options.json },
        io,
      )
    }),
  )

command('tail', 'Show the records of a topic as they come.', 'pipec tail transactions_aggregate_flink')
  .argument('<topic>', 'the topic')
  .addOption(new Option('-n, --records <count>', 'show this many and end').argParser(wholeNumber))
  .option('--from-beginning', 'from the oldest record on')
  .addOption(environmentOption())
  .option('-f, --file <pipeline.yaml>', 'the pipeline that declares the environment', 'pipeline.yaml')
  .option('--json', 'a JSON object a record')
  .action((topic, options) =>
    perform(async (io) => {
      const { tailFor } = await import('./commands/for-pipeline.ts')
      return tailFor(
        { file: options.file, environment: options.environment },
        {
          topic,
          records: options.records ?? null,
          fromBeginning: !!options.fromBeginning,
          json: !!options.json,
        },
        io,
      )
    }),
  )

command(
  'plan',
  'Show what apply would change, and what that does to running state.',
  'pipec plan --exit-code',
)
  .argument(...file)
  .addOption(environmentOption())
  .addOption(only('only this engine, and the topics it needs'))
  .option('--json', 'the plan as JSON')
  .option('--exit-code', 'exit 2 when there are changes')
  .action((path, options: Operated) =>
    perform(async (io) => {
      const { plan } = await import('./commands/plan.ts')
      return plan({ ...targetOptions(path, options), json: !!options.json, exitCode: !!options.exitCode }, io)
    }),
  )

command('apply', 'Make the live engines match generated/, in order.', 'pipec apply -e production')
  .argument(...file)
  .addOption(environmentOption())
  .addOption(only('only this engine, and the topics it needs'))
  .option('-y, --yes', 'do not ask')
  .option('--json', 'what was done as JSON')
  .action((path, options: Operated) =>
    perform(async (io) => {
      const { apply } = await import('./commands/apply.ts')
      return apply({ ...targetOptions(path, options), yes: !!options.yes, json: !!options.json }, io)
    }),
  )

command('status', 'Show what runs, where it is, and how far behind.', 'pipec status --watch')
  .argument(...file)
  .addOption(environmentOption())
  .addOption(only('only this engine'))
  .option('--watch', 'again every two seconds')
  .option('--json', 'as JSON')
  .action((path, options: Operated) =>
    perform(async (io) => {
      const { status } = await import('./commands/status.ts')
      return status({ ...targetOptions(path, options), watch: !!options.watch, json: !!options.json }, io)
    }),
  )

command('destroy', 'Remove what apply made, last made first, and nothing else.', 'pipec destroy --yes')
  .argument(...file)
  .addOption(environmentOption())
  .addOption(only('only what is on this engine'))
  .option('-y, --yes', 'do not ask')
  .option('--json', 'what was done as JSON')
  .action((path, options: Operated) =>
    perform(async (io) => {
      const { destroy } = await import('./commands/destroy.ts')
      return destroy({ ...targetOptions(path, options), yes: !!options.yes, json: !!options.json }, io)
    }),
  )

command('completion', 'Write a completion script for your shell.', 'source <(pipec completion bash)')
  .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
  .action((shell) =>
    perform(async (io) => {
      const { completion } = await import('./commands/completion.ts')
      return completion(shell, program, io)
    }),
  )

command(
  'verify',
  'Send the same records through every engine and the embedded one, and compare every window.',
  'pipec verify -n 100000 --html report.html',
)
  .argument(...file)
  .addOption(environmentOption())
  .addOption(new Option('--engine <name>', 'only this engine').choices(['flink', 'ksqldb', 'spark']))
  .addOption(
    new Option('-n, --records <count>', 'how many records to generate')
      .argParser(wholeNumber)
      .default(10_000),
  )
  .addOption(seedOption('makes the same records again'))
  .addOption(
    new Option('-i, --input <file>', 'send these records instead: one JSON object a line').conflicts([
      'records',
      'plain',
    ]),
  )
  .option('--keep-input <file>', 'write what is sent, with partitions; --input takes it')
  .option('--plain', "send the generator's records as they are, without hard ones among them")
  .addOption(
    new Option('--timeout <seconds>', 'give an engine up that makes no progress')
      .argParser(positive)
      .default(300),
  )
  .addOption(
    new Option('--differences <count>', 'how many to show of an engine').argParser(wholeNumber).default(5),
  )
  .option('--html <file>', 'write the report as one HTML file too')
  .option('--remove <run>', 'only remove what an interrupted run has left')
  .option('--json', 'the report as JSON')
  .action((path, options) =>
    perform(async (io) => {
      const { verify } = await import('./commands/verify.ts')
      return verify(
        {
          file: path,
          environment: options.environment,
          engine: options.engine ?? null,
          records: options.records,
          seed: options.seed ?? null,
          input: options.input ?? null,
          keepInput: options.keepInput ?? null,
          plain: !!options.plain,
          timeout: options.timeout,
          differences: options.differences,
          json: !!options.json,
          html: options.html ?? null,
          remove: options.remove ?? null,
        },
        io,
      )
    }),
  )

/** The argument by which `produce --parallel` starts pipec again. */
const workerArgument = '__produce-worker'

async function main(): Promise<void> {
  try {
    if (process.argv[2] === workerArgument) return (await import('../runtime/produce/worker.ts')).runWorker()
    await program.parseAsync()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 1
  }
}

void main()
