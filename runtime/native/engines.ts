/** From the names of engines to what has to be fetched and started for each. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { Local, LocalEngine } from '../local.ts'
import { type ArtefactSet, artefacts, jarNames } from './artefacts.ts'
import { flinkPlan } from './flink.ts'
import { kafkaPlan } from './kafka.ts'
import { ksqldbPlan } from './ksqldb.ts'
import { pinotHomePlan, pinotPlan } from './pinot.ts'
import type { EnginePlan, Setup } from './service.ts'
import { flinkShells, kafkaShells, sparkShells } from './shells.ts'
import { type SparkHome, sparkPlan } from './spark.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** One engine of this run: where its files come from, and the rest once they are there. */
export interface NativeEngine {
  readonly engine: LocalEngine
  readonly title: string
  /** Null when they are on the machine already. */
  readonly set: ArtefactSet | null
  /** `home` is the folder that the set has or will have; without a set it means nothing. */
  plan(setup: Setup, home: string): Planned
}

export interface Planned {
  readonly plan: EnginePlan
  readonly local: Partial<Local>
}

export interface Selection {
  readonly engines: readonly NativeEngine[]
  /** A ksqlDB that runs already, by KSQLDB_URL. */
  readonly ksqldbUrl: string | null
  readonly leftOut: readonly string[]
}

const noKsqldb =
  'ksqlDB is left out: no package registry carries it. Set KSQLDB_HOME to a downloaded distribution, or KSQLDB_URL to a server that runs.'

/**
 * @param running engines that are up, which stay part of it.
 * @throws Failure when `explicit` and ksqlDB is wanted but not at hand, or PINOT_HOME holds no Pinot.
 */
export async function select(
  asked: readonly LocalEngine[],
  explicit: boolean,
  env: Environment,
  running: ReadonlySet<LocalEngine> = new Set(),
): Promise<Selection> {
  const wanted = [...asked, ...running]
  const ksqldb = wanted.includes('ksqldb')
  const url = env.KSQLDB_URL || null
  const missing = ksqldb && url === null && !env.KSQLDB_HOME && !running.has('ksqldb')
  if (missing && explicit) throw new Failure(noKsqldb)
  const table = {
    kafka: () => kafka,
    flink: () => flink,
    spark: () => spark,
    pinot: () => (env.PINOT_HOME ? pinotAt(env.PINOT_HOME) : pinot),
    ksqldb: () => (url === null && env.KSQLDB_HOME ? ksqldbAt(env.KSQLDB_HOME) : null),
  } satisfies Record<LocalEngine, () => NativeEngine | Promise<NativeEngine> | null>
  const names = (Object.keys(table) as LocalEngine[]).filter(
    (name) => name === 'kafka' || wanted.includes(name),
  )
  const engines = (await Promise.all(names.map((name) => table[name]()))).filter((engine) => engine !== null)
  return { engines, ksqldbUrl: ksqldb ? url : null, leftOut: missing ? [noKsqldb] : [] }
}

const kafka: NativeEngine = {
  engine: 'kafka',
  title: 'Kafka',
  set: artefacts.kafka,
  plan: (setup, home) => {
    const address = `127.0.0.1:${setup.ports.kafka}`
    return {
      plan: withShells(kafkaPlan(setup, join(home, 'lib')), kafkaShells(setup, join(home, 'lib'))),
      local: { kafka: { bootstrapServers: address, bootstrapServersForEngines: address } },
    }
  },
}

const flink: NativeEngine = {
  engine: 'flink',
  title: 'Flink',
  set: artefacts.flink,
  plan: (setup, home) => ({
    plan: withShells(flinkPlan(setup, home), flinkShells(setup, home)),
    local: {
      flink: {
        rest: `http://127.0.0.1:${setup.ports.flinkRest}`,
        gateway: `http://127.0.0.1:${setup.ports.flinkGateway}`,
        savepoints: `file://${setup.folder}/data/flink/savepoints`,
        checkpoints: `file://${setup.folder}/data/flink/checkpoints`,
      },
    },
  }),
}

const spark: NativeEngine = {
  engine: 'spark',
  title: 'Spark',
  set: artefacts.spark,
  plan: (setup, home) => {
    const found = sparkHome(home, setup.python)
    return {
      plan: withShells(sparkPlan(setup, found), sparkShells(setup, found)),
      local: sparkLocal(setup, found),
    }
  },
}

function sparkHome(set: string, python: string): SparkHome {
  return {
    home: join(set, 'venv', 'lib', `python${python}`, 'site-packages', 'pyspark'),
    python: join(set, 'venv', 'bin', 'python3'),
    jars: jarNames(artefacts.spark.parts[1]).map((name) => join(set, artefacts.spark.parts[1].folder, name)),
  }
}

function sparkLocal({ ports, folder }: Setup, found: SparkHome): Partial<Local> {
  const data = `${folder}/data/spark`
  return {
    spark: {
      rest: `http://127.0.0.1:${ports.sparkRest}`,
      master: `spark://127.0.0.1:${ports.sparkMaster}`,
      ui: `http://127.0.0.1:${ports.sparkUi}`,
      files: {
        jars: found.jars,
        python: found.python,
        scripts: `${data}/scripts`,
        checkpoints: `${data}/checkpoints`,
      },
      home: found.home,
      driverHost: '127.0.0.1',
    },
  }
}

const pinot: NativeEngine = {
  engine: 'pinot',
  title: 'Pinot',
  set: artefacts.pinot,
  plan: (setup, home) => ({
    plan: pinotPlan(setup, join(home, 'lib')),
    local: pinotLocal(setup, artefacts.pinot.version),
  }),
}

async function pinotAt(home: string): Promise<NativeEngine> {
  const version = await distributionVersion(home)
  return {
    engine: 'pinot',
    title: 'Pinot',
    set: null,
    plan: (setup) => ({ plan: pinotHomePlan(setup, home), local: pinotLocal(setup, version) }),
  }
}

/** By the name of the distribution's one large jar. */
async function distributionVersion(home: string): Promise<string> {
  const names = await readdir(join(home, 'lib')).catch(() => [])
  const version = names.map((name) => /^pinot-all-(\d[\w.]*?)-jar-with/.exec(name)?.[1]).find(Boolean)
  if (version !== undefined) return version
  throw new Failure(`PINOT_HOME is ${home}, but ${join(home, 'lib')} holds no pinot-all-….jar.`, {
    next: "Set it to the folder of a Pinot distribution, the one that holds bin and lib, or unset it to use pipec's own.",
  })
}

function pinotLocal({ ports }: Setup, version: string): Partial<Local> {
  const at = (port: number) => `http://127.0.0.1:${port}`
  return { pinot: { controller: at(ports.pinotController), broker: at(ports.pinotBroker), version } }
}

function ksqldbAt(home: string): NativeEngine {
  return {
    engine: 'ksqldb',
    title: 'ksqlDB',
    set: null,
    plan: (setup) => ({
      plan: ksqldbPlan(setup, home),
      local: { ksqldb: { url: `http://127.0.0.1:${setup.ports.ksqldb}` } },
    }),
  }
}

function withShells(plan: EnginePlan, shells: EnginePlan['files']): EnginePlan {
  return { ...plan, files: { ...plan.files, ...shells } }
}
