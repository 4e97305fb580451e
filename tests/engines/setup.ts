/**
 * One set of real engines for all tests of this folder, started through `up` itself, with data that goes with them: natively,
 * on ports of its own, or with PIPEC_TEST_WITH=docker as containers, on the ports of the compose file. PIPEC_ENGINES
 * names the folder of a set that is up already; it is then left as it is.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { leftBy } from '../../cli/commands/down.ts'
import { type StarterName, starterOf } from '../../cli/commands/up.ts'
import type { Pipeline } from '../../compiler/ir.ts'
import { dockerProblem } from '../../runtime/docker/tools.ts'
import { isFailure } from '../../runtime/failure.ts'
import { type Local, readLocal } from '../../runtime/local.ts'
import { tryLock } from '../../runtime/native/lock.ts'
import { isFree, portsAt } from '../../runtime/native/ports.ts'
import { lookForTools } from '../../runtime/native/requirements.ts'
import type { Progress } from '../../runtime/progress.ts'
import { writeGenerated } from '../fixtures/compose.ts'
import { demo } from '../fixtures/demo.ts'
import { has, required } from '../fixtures/tools.ts'
import { withoutKsqldb } from './ksqldb-lab.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What `up` recorded, without ksqlDB; null where no engines can be here, and tests are to be skipped. */
    readonly local: Local | null
    /** The folder that `up` ran in. */
    readonly enginesFolder: string
    /** What this machine lacks of what tests start for themselves: brokers with passwords, a controller. */
    readonly lacking: readonly string[]
  }
}

const prefix = 'pipec-engine-tests-'

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const ready = process.env.PIPEC_ENGINES
  if (ready) return useReady(project, ready)
  const starter = starterFor(process.env.PIPEC_TEST_WITH)
  const folder = join(tmpdir(), `${prefix}${process.pid}`)
  const lacking = await missingTools()
  const missing = starter === 'native' ? lacking : [...(await missingDocker()), ...(required ? lacking : [])]
  if (missing.length > 0) return skip(project, lacking, missing)
  await endLeftovers()
  await tryLock(join(folder, 'run'))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const { local } = await start(starter, folder, stop.signal)
  // An interrupted vitest may or may not come to its teardown.
  let ended: Promise<void> | null = null
  const endOnce = () => (ended ??= end(folder))
  stop.signal.addEventListener('abort', () => void endOnce())
  process.env.PIPEC_ENGINES = folder
  await hand(project, folder, local, lacking)
  return endOnce
}

function starterFor(name: string | undefined): StarterName {
  if (name === undefined || name === '' || name === 'native') return 'native'
  if (name === 'docker') return name
  throw new Error(`PIPEC_TEST_WITH is "${name}"; write native or docker`)
}

async function useReady(project: TestProject, folder: string): Promise<undefined> {
  const local = await readLocal(folder)
  if (local === null) throw new Error(`PIPEC_ENGINES is ${folder}, but no engines are up there`)
  await hand(project, folder, local, await missingTools())
}

/** The tests of ksqlDB ask for it by its address; all others are about a set without it. */
async function hand(
  project: TestProject,
  folder: string,
  local: Local,
  lacking: readonly string[],
): Promise<void> {
  if (local.with === 'docker' && local.ksqldb !== null) {
    process.env.KSQLDB_URL = local.ksqldb.url
    process.env.KSQLDB_BOOTSTRAP_SERVERS = local.kafka.bootstrapServers
  }
  project.provide('local', { ...local, ksqldb: null })
  project.provide('enginesFolder', folder)
  project.provide('lacking', lacking)
  console.log(
    `The engines of these tests are ${local.with === 'docker' ? 'containers' : 'native processes'}.`,
  )
  const { testFiles } = await project.globTestFiles()
  if (local.with === 'docker') tell(testFiles, nativeOnly, 'native engines')
  if (lacking.length > 0) tell(testFiles, ownProcesses, lacking.join('; '))
}

/** As `needs.ts` puts it into the tests' titles. */
const nativeOnly = /\bneeds\.native\b|\bbrokerForEngines\b/
const ownProcesses = /\bneeds\.ownProcesses\b/

function tell(testFiles: readonly string[], needing: RegExp, what: string): void {
  const files = testFiles.filter((file) => needing.test(readFileSync(file, 'utf8')))
  if (files.length === 0) return
  const names = files.map((file) => basename(file)).join(', ')
  console.warn(`${files.length} files have tests that need ${what}, and are skipped: ${names}`)
}

async function skip(
  project: TestProject,
  lacking: readonly string[],
  missing: readonly string[],
): Promise<undefined> {
  const { testFiles } = await project.globTestFiles()
  const text = `${testFiles.length} files of engine tests cannot run; this machine lacks:\n- ${missing.join('\n- ')}`
  if (required) throw new Error(text)
  console.warn(`${text}\nThey are skipped.`)
  project.provide('local', null)
  project.provide('lacking', lacking)
}

/** A client, its plug-in and a daemon that answers. */
async function missingDocker(): Promise<readonly string[]> {
  const signal = new AbortController().signal
  const problem = await dockerProblem({ cwd: tmpdir(), env: process.env, signal })
  return problem === null ? [] : [`Docker: ${problem.message}`]
}

/** What only tests need: a policy of the broker's is compiled, certificates are made. */
const ownTools = [
  ['javac', '-version', 'javac: a Java development kit, not only a runtime'],
  ['openssl', 'version', 'openssl'],
] as const

async function missingTools(): Promise<readonly string[]> {
  const fetched = async () => false
  const signal = new AbortController().signal
  const { missing } = await lookForTools({ python: true, fetched, env: process.env, signal })
  return [...missing, ...ownTools.filter(([program, word]) => !has(program, word)).map(([, , what]) => what)]
}

/** Engines of runs that were killed. */
async function endLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    if ('release' in (await tryLock(join(folder, 'run')))) await end(folder)
  }
}

async function start(name: StarterName, folder: string, signal: AbortSignal) {
  try {
    const starter = await starterOf(name)
    if (name === 'docker') writeGenerated(folder, everything)
    const portOffset = name === 'docker' ? null : await freeOffset()
    const env = withoutKsqldb(process.env)
    return await starter.up({ cwd: folder, env, engines: null, portOffset, progress: told, signal })
  } catch (error) {
    // The message alone would hide which process failed, and why.
    if (isFailure(error))
      throw new Error([error.message, error.detail, error.next].join('\n'), { cause: error })
    throw error
  }
}

/** Every engine, and of Spark the image that its exact variant needs, under a name that no user's containers bear. */
const everything: Pipeline = {
  ...demo,
  name: 'engine-tests',
  engines: { ...demo.engines, spark: { ...demo.engines.spark!, lateRows: 'exact' } },
}

/** Below the ports that the system hands out by itself, and not those of a run beside this one. */
async function freeOffset(): Promise<number> {
  for (let offset = 15_000; offset < 23_000; offset += 500) {
    const free = await Promise.all(Object.values(portsAt(offset)).map(isFree))
    if (!free.includes(false)) return offset
  }
  throw new Error('no range of free ports for the engines')
}

async function end(folder: string): Promise<void> {
  const signal = new AbortController().signal
  const starter = await starterOf(await leftBy(folder))
  await starter.down({ cwd: folder, env: process.env, volumes: true, progress: told, signal })
  rmSync(folder, { recursive: true, force: true })
}

const told: Progress = {
  start: (label) => {
    console.log(`${label} …`)
    return { update: () => {}, finish: () => {}, fail: () => {} }
  },
  note: (line) => console.log(line),
}
