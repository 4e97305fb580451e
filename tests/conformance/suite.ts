/** Cases through every engine that is there, and what differs. */
import { randomBytes } from 'node:crypto'
import { type engineOptions, type Feature, requestsOf } from '../../compiler/features.ts'
import type { Pipeline } from '../../compiler/ir.ts'
import { type EmbeddedEngine, openEngine } from '../../runtime/embedded/engine.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import type { Local } from '../../runtime/local.ts'
import { type Case, lineOf } from './case.ts'
import { type Difference, differences } from './compare.ts'
import { runOnFlink } from './flink.ts'
import { lateDifferences } from './late.ts'
import { type Prepared, prepare } from './prepare.ts'
import { Spark } from './spark.ts'
import { Topics } from './topics.ts'

export type Engine = 'flink' | 'spark'

export interface Verdict {
  readonly case: Prepared
  readonly engine: Engine
  /** What the engine said instead of rows. */
  readonly error: string | null
  readonly differences: readonly Difference[]
  /** Of the topic of late rows. */
  readonly late: readonly Difference[]
}

export function agrees({ error, differences, late }: Verdict): boolean {
  return error === null && differences.length === 0 && late.length === 0
}

export type Held = Feature | keyof typeof engineOptions

export class Suite {
  readonly embedded: EmbeddedEngine
  /** What cases have held, by engine. */
  readonly held = {
    flink: new Set<Held>(),
    spark: new Set<Held>(),
    ksqldb: new Set<Held>(),
    duckdb: new Set<Held>(),
  }
  readonly #context: Context
  readonly #bootstrapServers: string
  readonly #spark: Spark | null
  readonly #prefix = `conformance_${randomBytes(4).toString('hex')}`
  #made = 0

  constructor(embedded: EmbeddedEngine, local: Local) {
    this.embedded = embedded
    this.#bootstrapServers = local.kafka.bootstrapServers
    // A driver of the suite's own runs the scripts, with the Python and the jars of native engines.
    const files = local.with === 'native' ? (local.spark?.files ?? null) : null
    this.#spark = files === null ? null : new Spark(files, this.#bootstrapServers)
    this.#context = {
      pipeline: this.#prefix,
      endpoints: resolveEnvironment('local', [], local, {}).endpoints,
      read: () => '',
      signal: new AbortController().signal,
      now: () => Date.now(),
    }
  }

  static async open(local: Local): Promise<Suite> {
    return new Suite(await openEngine(), local)
  }

  get engines(): readonly Engine[] {
    return [
      ...(this.#context.endpoints.flink === null ? [] : ['flink' as const]),
      ...(this.#spark === null ? [] : ['spark' as const]),
    ]
  }

  prepare(each: Case): Promise<Prepared> {
    return prepare(this.embedded, each, `${this.#prefix}_${this.#made++}`, ['flink', 'spark'])
  }

  /** Runs every case on the engines that `where` names for it, all at once; remembers what they have held. */
  async judge(
    cases: readonly Prepared[],
    where: (each: Prepared) => readonly Engine[],
  ): Promise<readonly Verdict[]> {
    const topics = new Topics(this.#bootstrapServers)
    try {
      await topics.make(cases)
      await topics.fill(cases)
      const on = (engine: Engine) => cases.filter((each) => where(each).includes(engine))
      const verdicts = await Promise.all([
        this.#onFlink(on('flink'), topics),
        this.#onSpark(on('spark'), topics),
      ])
      for (const each of verdicts.flat()) this.#remember(each)
      return verdicts.flat()
    } finally {
      await topics.clear()
    }
  }

  /** A pipeline on which the engine and the embedded one agreed. */
  remember(pipeline: Pipeline, engine: Engine | 'ksqldb'): void {
    const asked = [...requestsOf(pipeline).map(({ feature }) => feature), ...optionsOf(pipeline, engine)]
    for (const each of asked) {
      this.held[engine].add(each)
      this.held.duckdb.add(each)
    }
  }

  async close(): Promise<void> {
    await this.#spark?.close()
    this.embedded.close()
  }

  /** One job for each parallelism. */
  async #onFlink(cases: readonly Prepared[], topics: Topics): Promise<readonly Verdict[]> {
    const errors = new Map<string, string>()
    for (const parallelism of new Set(cases.map(({ of }) => of.parts.parallelism))) {
      const job = cases.filter(({ of }) => of.parts.parallelism === parallelism)
      for (const [name, error] of await this.#flinkErrors(job)) errors.set(name, error)
    }
    const lateOnes = cases.filter(({ output }) => output.pipeline.engines.flink?.lateTopic !== null)
    const wanted = [
      ...cases.map(({ name }) => `${name}_flink`),
      ...lateOnes.map(({ name }) => `${name}_late`),
    ]
    const found = await topics.read(wanted)
    return cases.map((each) => {
      const error = errors.get(each.name) ?? null
      const found_ = {
        rows: found.get(`${each.name}_flink`) ?? [],
        late: found.get(`${each.name}_late`) ?? null,
      }
      const late = found_.late === null ? [] : lateDifferences(each, found_.late)
      return {
        case: each,
        engine: 'flink',
        error,
        differences: rowDifferences(each, each.flushed, found_.rows),
        late,
      }
    })
  }

  /** Where a job of several fails, each of them alone tells whose fault it was. */
  async #flinkErrors(cases: readonly Prepared[]): Promise<ReadonlyMap<string, string>> {
    try {
      await runOnFlink(cases, this.#context)
      return new Map()
    } catch (error) {
      if (cases.length === 1) return new Map([[cases[0]!.name, (error as Error).message]])
      return new Map(cases.map(({ name }) => [name, `in a job of several: ${(error as Error).message}`]))
    }
  }

  async #onSpark(cases: readonly Prepared[], topics: Topics): Promise<readonly Verdict[]> {
    if (this.#spark === null || cases.length === 0) return []
    const errors = await this.#spark.run(cases)
    const found = await topics.read(cases.map(({ name }) => `${name}_spark`))
    return cases.map((each) => ({
      case: each,
      engine: 'spark',
      error: errors.get(each.name) ?? null,
      differences: rowDifferences(each, each.closed, found.get(`${each.name}_spark`) ?? []),
      late: [],
    }))
  }

  #remember(verdict: Verdict): void {
    if (!agrees(verdict)) return
    this.remember(verdict.case.output.pipeline, verdict.engine)
  }
}

function optionsOf(
  { engines: { flink, ksqldb, spark } }: Pipeline,
  engine: Engine | 'ksqldb',
): readonly Held[] {
  if (engine === 'ksqldb') return ksqldb?.emit === 'changes' ? ['emit', 'grace'] : []
  if (engine === 'spark') return spark?.lateRows === 'exact' ? ['late_rows'] : []
  return [
    ...(flink?.lateTopic == null ? [] : ['late_topic' as const]),
    ...((flink?.parallelism ?? 1) > 1 ? ['parallelism' as const] : []),
  ]
}

function rowDifferences(each: Prepared, rows: Prepared['flushed'], actual: readonly string[]) {
  const keys = 2 + each.of.parts.groupBy.length
  return differences({ columns: each.columns, rows, keys, loose: each.of.loose }, actual)
}

/** What somebody needs to see it again: the pipeline, its records, and the rows that differ. */
export function counterexample(
  verdict: Omit<Verdict, 'engine'> & { readonly engine: Engine | 'ksqldb' },
  yaml: string,
): string {
  const { case: each, engine, error, differences: rows, late } = verdict
  const shown = [...rows, ...late]
    .slice(0, 5)
    .map(
      ({ expected, actual, columns }) =>
        `  ${columns.length === 0 ? (actual === null ? 'missing' : 'extra') : `differs in ${columns.join(', ')}`}\n` +
        `    expected ${expected}\n    ${engine.padEnd(8)} ${actual}`,
    )
  return [
    `${each.of.title}: ${engine} differs from the embedded engine in ${rows.length + late.length} rows`,
    ...(error === null ? [] : [error]),
    ...shown,
    '--- pipeline.yaml',
    yaml,
    '--- records (value, partition), one a line',
    ...each.records.map(
      (record) => `${lineOf(record)}${record.partition === 0 ? '' : `  # partition ${record.partition}`}`,
    ),
  ].join('\n')
}
