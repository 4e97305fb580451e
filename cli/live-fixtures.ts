/** Fixtures on a live engine: each a deployment under a run's name. */
import { randomBytes } from 'node:crypto'
import { emit, type Output } from '../compiler/compile.ts'
import type { Fixture } from '../compiler/fixtures.ts'
import type { EngineName, Pipeline } from '../compiler/ir.ts'
import { rowsQuery } from '../compiler/targets/duckdb/rows.ts'
import { openEngine } from '../runtime/embedded/engine.ts'
import type { Outcome } from '../runtime/fixtures/judge.ts'
import { runFixtureLive } from '../runtime/fixtures/live.ts'
import { renamed } from '../runtime/verify/names.ts'
import type { Io } from './io.ts'
import { openWith } from './operate.ts'

export interface LiveFixtures {
  run(fixture: Fixture): Promise<Outcome>
  close(): void
}

interface Place {
  readonly file: string
  readonly environment: string
  readonly engine: EngineName
}

/** Milliseconds without progress after which the engine is given up. */
const timeout = 120_000

export async function openLive(place: Place, output: Output, io: Io): Promise<LiveFixtures> {
  const operation = await openWith(output, output.manifest, output.files, place, io)
  const embedded = await openEngine()
  return {
    async run(fixture) {
      const pipeline = fixturePipeline(output.pipeline, place.engine, fixture)
      const run = emit(renamed(pipeline, randomBytes(3).toString('hex')), '')
      const sql = run.files.get('duckdb/query.sql')!
      return runFixtureLive(fixture, {
        engine: place.engine,
        pipeline: run.pipeline,
        manifest: run.manifest,
        context: {
          ...operation.context,
          pipeline: run.manifest.pipeline,
          read: (file) => run.files.get(file)!,
        },
        engines: operation.engines,
        oracle: { engine: embedded, sql, rowsSql: rowsQuery(run.pipeline), signal: io.signal },
        progress: io.progress,
        timeout,
      })
    },
    close: () => embedded.close(),
  }
}

/** With one engine, and as many partitions as the fixture names. */
export function fixturePipeline(
  pipeline: Pipeline,
  engine: EngineName,
  fixture: Pick<Fixture, 'input'>,
): Pipeline {
  const partitions = partitionsOf(fixture)
  const { source, engines } = pipeline
  const { watermarkDelay } = source.eventTime
  // Updates and their long grace are for what several partitions do to ksqlDB's clock.
  const ksqldb =
    engines.ksqldb !== null && partitions === 1 && source.partitions > 1
      ? { ...engines.ksqldb, emit: 'final' as const, grace: watermarkDelay }
      : engines.ksqldb
  const all = { ...engines, ksqldb }
  return {
    ...pipeline,
    source: { ...source, partitions },
    engines: { flink: null, ksqldb: null, spark: null, [engine]: all[engine] },
  }
}

/** One that names none has one order of arrival, as on the embedded engine. */
function partitionsOf({ input }: Pick<Fixture, 'input'>): number {
  return 1 + Math.max(0, ...input.map((each) => (each.kind === 'record' ? each.partition : 0)))
}
