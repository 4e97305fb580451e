/** A set of real engines for one measurement, in a folder and on ports of its own. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoints } from '../runtime/endpoints.ts'
import type { Context } from '../runtime/engines/engine.ts'
import { resolveEnvironment } from '../runtime/environment.ts'
import type { Local, LocalEngine } from '../runtime/local.ts'
import { artefacts } from '../runtime/native/artefacts.ts'
import { downNative } from '../runtime/native/down.ts'
import { fetchSet } from '../runtime/native/fetch.ts'
import { isFree, portsAt } from '../runtime/native/ports.ts'
import { lookForTools } from '../runtime/native/requirements.ts'
import { upNative } from '../runtime/native/up.ts'
import { silent } from '../runtime/progress.ts'
import type { Ending } from './ending.ts'
import type { Row } from './row.ts'

export interface EngineSet {
  /** Where `pipec` finds them. */
  readonly folder: string
  readonly local: Local
  readonly endpoints: Endpoints
  readonly context: Context
  /** Before the measurement's own end, where another set comes after it. */
  end(): Promise<void>
}

/** Null: all that this machine can run. */
export async function startEngines(
  engines: readonly LocalEngine[] | null,
  ending: Ending,
): Promise<EngineSet> {
  const folder = folderForEngines(ending)
  const { signal } = ending
  const portOffset = await freeOffset()
  const { local } = await upNative({
    cwd: folder,
    env: process.env,
    engines,
    portOffset,
    progress: silent,
    signal,
  })
  const { endpoints } = resolveEnvironment('local', [], local, {})
  const context = { pipeline: 'bench', endpoints, read: () => '', signal, now: Date.now }
  return { folder, local, endpoints, context, end: () => endEngines(folder) }
}

/** Whatever engines are up in it in the end are ended, with their data. */
export function folderForEngines(ending: Ending): string {
  const folder = join(ending.folder(), 'pipeline')
  mkdirSync(folder)
  ending.add(() => endEngines(folder))
  return folder
}

export async function endEngines(folder: string): Promise<void> {
  const { signal } = new AbortController()
  const request = { cwd: folder, env: process.env, volumes: true, progress: silent, signal }
  // An interrupted `up` of this very process is still ending what it had started.
  for (let attempt = 0; ; attempt++) {
    try {
      await downNative(request)
      return
    } catch (error) {
      if (attempt === 60) throw error
      await new Promise((done) => setTimeout(done, 500))
    }
  }
}

/** Fetches what is missing, which is no part of any measurement. */
export async function warmCache({ signal }: Ending): Promise<void> {
  const { tools } = await lookHere(signal)
  const context = { env: process.env, python: tools.python, progress: silent, signal }
  for (const name of ['kafka', 'flink', 'spark', 'pinot'] as const) await fetchSet(artefacts[name], context)
}

/** As if nothing were fetched yet. */
function lookHere(signal: AbortSignal): ReturnType<typeof lookForTools> {
  return lookForTools({ python: true, fetched: async () => false, env: process.env, signal })
}

/** Below the ports that the system hands out by itself. */
export async function freeOffset(): Promise<number> {
  for (let offset = 10_000; offset < 23_000; offset += 700) {
    const free = await Promise.all(Object.values(portsAt(offset)).map(isFree))
    if (!free.includes(false)) return offset
  }
  throw new Error('no range of free ports for the engines')
}

/** Rows that say what this machine lacks, for measurements that cannot be made without it; null where it has all. */
export async function rowsWithoutEngines(whats: readonly string[]): Promise<Row[] | null> {
  const { missing } = await lookHere(new AbortController().signal)
  if (missing.length === 0) return null
  const measured = `not measured; this machine lacks: ${missing.join('; ')}`
  return whats.map((what) => ({ what, measured, floor: '', bound: '', holds: null }))
}
