/**
 * One set of real engines for all tests of this folder, started through `up` itself, on ports of its own and with data
 * in a temporary folder. PIPEC_ENGINES names the folder of a set that is up already; it is then left as it is.
 */
import { readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isFailure } from '../../runtime/failure.ts'
import { type Local, readLocal } from '../../runtime/local.ts'
import { downNative } from '../../runtime/native/down.ts'
import { tryLock } from '../../runtime/native/lock.ts'
import { isFree, portsAt } from '../../runtime/native/ports.ts'
import { lookForTools } from '../../runtime/native/requirements.ts'
import { upNative } from '../../runtime/native/up.ts'
import type { Progress } from '../../runtime/progress.ts'
import { has, required } from '../fixtures/tools.ts'
import { withoutKsqldb } from './ksqldb-lab.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What `up` recorded; null where this machine lacks what engines need, and tests are to be skipped. */
    readonly local: Local | null
    /** The folder that `up` ran in. */
    readonly enginesFolder: string
  }
}

const prefix = 'pipec-engine-tests-'

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const ready = process.env.PIPEC_ENGINES
  if (ready) return useReady(project, ready)
  const folder = join(tmpdir(), `${prefix}${process.pid}`)
  const missing = await missingTools()
  if (missing.length > 0) return skip(project, folder, missing)
  await endLeftovers()
  await tryLock(join(folder, 'run'))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const { local } = await start(folder, stop.signal)
  // An interrupted vitest may or may not come to its teardown.
  let ended: Promise<void> | null = null
  const endOnce = () => (ended ??= end(folder))
  stop.signal.addEventListener('abort', () => void endOnce())
  process.env.PIPEC_ENGINES = folder
  hand(project, folder, local)
  return endOnce
}

async function useReady(project: TestProject, folder: string): Promise<undefined> {
  const local = await readLocal(folder)
  if (local === null) throw new Error(`PIPEC_ENGINES is ${folder}, but no engines are up there`)
  hand(project, folder, local)
}

function hand(project: TestProject, folder: string, local: Local | null): void {
  project.provide('local', local)
  project.provide('enginesFolder', folder)
}

async function skip(project: TestProject, folder: string, missing: readonly string[]): Promise<undefined> {
  const { testFiles } = await project.globTestFiles()
  const text = `${testFiles.length} files of engine tests cannot run; this machine lacks:\n- ${missing.join('\n- ')}`
  if (required) throw new Error(text)
  console.warn(`${text}\nThey are skipped.`)
  hand(project, folder, null)
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

async function start(folder: string, signal: AbortSignal) {
  try {
    const portOffset = await freeOffset()
    return await upNative({
      cwd: folder,
      env: withoutKsqldb(process.env),
      engines: null,
      portOffset,
      progress: told,
      signal,
    })
  } catch (error) {
    // The message alone would hide which process failed, and why.
    if (isFailure(error))
      throw new Error([error.message, error.detail, error.next].join('\n'), { cause: error })
    throw error
  }
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
  await downNative({ cwd: folder, env: process.env, volumes: true, progress: told, signal })
  rmSync(folder, { recursive: true, force: true })
}

const told: Progress = {
  start: (label) => {
    console.log(`${label} …`)
    return { update: () => {}, finish: () => {}, fail: () => {} }
  },
  note: (line) => console.log(line),
}
