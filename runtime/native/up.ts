/** `up` without Docker: fetches what is missing, starts what does not run, waits until all of it answers. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Manifest } from '../../compiler/manifest.ts'
import { readDockerRecord } from '../docker/record.ts'
import { engineKeys } from '../engines/engine.ts'
import { Failure } from '../failure.ts'
import { type Local, type LocalEngine, localFolder, readLocal } from '../local.ts'
import { enginesOf } from '../plan.ts'
import { writeJson } from '../record-file.ts'
import type { UpReport, UpRequest } from '../starter.ts'
import { isComplete, setFolder } from './cache.ts'
import { endServices, impatience, removeTemporary } from './down.ts'
import { type NativeEngine, type Planned, type Selection, select } from './engines.ts'
import { exclusively } from './exclusive.ts'
import { fetchSet } from './fetch.ts'
import { whereToLook } from './look.ts'
import { type Ports, portsAt, requireFree } from './ports.ts'
import { endAll, marked } from './processes.ts'
import { aliveServices, type NativeRecord, readRecord, type StartedService, writeRecord } from './record.ts'
import { requireTools, type Tools } from './requirements.ts'
import {
  type EnginePlan,
  loggingFile,
  loggingText,
  type Service,
  type Setup,
  temporaryFolder,
} from './service.ts'
import { prepare, startAll } from './start.ts'

/** @throws Failure, or the signal's reason; what this call had started has then been ended again. */
export async function upNative(request: UpRequest): Promise<UpReport> {
  const folder = resolve(localFolder(request.cwd))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.gitignore'), '*\n')
  return exclusively(folder, () => upLocked(request, folder))
}

async function upLocked(request: UpRequest, folder: string): Promise<UpReport> {
  await requireNoDocker(request.cwd, folder)
  const record = await readRecord(folder)
  const running = await aliveServices(record)
  if (running.length === 0) await endLeftovers(folder)
  const ports = choosePorts(request, running.length > 0 ? record : null)
  const selection = await selectEngines(request, running)
  const tools = await findTools(request, selection)
  const setup: Setup = { folder, ports, java: tools.java, python: tools.python.version }
  const planned = selection.engines.map((engine) => engine.plan(setup, homeOf(engine, request, tools)))
  const plans = [
    { services: [], files: { [loggingFile(setup)]: loggingText }, folders: [temporaryFolder(folder)] },
    ...planned.map((one) => one.plan),
  ]
  const missing = missingServices(plans, running)
  await requireFree(missing.flatMap((one) => one.ports.map((port) => ({ port, owner: one.title }))))
  for (const { set } of selection.engines)
    if (set !== null) await fetchSet(set, { ...request, python: tools.python })
  await start(plans, running, { request, folder, ports })
  const local = localOf(planned, selection.ksqldbUrl ?? urlOfRunningKsqldb(running, ports))
  await writeJson(join(folder, 'local.json'), local)
  const look = whereToLook(local, folder, request.cwd)
  return { local, started: missing.map((service) => service.title), leftOut: selection.leftOut, look }
}

/** Of an `up` that was killed before it could write down what it had just started, and of engines that were killed. */
async function endLeftovers(folder: string): Promise<void> {
  await endAll(await marked(folder), impatience)
  await removeTemporary(folder)
}

/** Neither up, nor left behind by an `up` that was killed. */
async function requireNoDocker(cwd: string, folder: string): Promise<void> {
  const started = (await readDockerRecord(folder))?.services ?? []
  if ((await readLocal(cwd))?.with !== 'docker' && started.length === 0) return
  throw new Failure('The engines of this directory are up in Docker, on the same ports.', {
    next: 'Run `pipec down` first.',
  })
}

function missingServices(
  plans: readonly EnginePlan[],
  running: readonly StartedService[],
): readonly Service[] {
  const services = plans.flatMap((plan) => plan.services)
  return services.filter((service) => !running.some((one) => one.name === service.name))
}

function homeOf(engine: NativeEngine, request: UpRequest, tools: Tools): string {
  return engine.set === null ? '' : setFolder(request.env, engine.set, tools.python.version)
}

function localOf(planned: readonly Planned[], ksqldbUrl: string | null): Local {
  const nothing = {
    flink: null,
    ksqldb: ksqldbUrl === null ? null : { url: ksqldbUrl },
    spark: null,
    pinot: null,
  }
  return Object.assign(
    { version: 1, with: 'native', ...nothing },
    ...planned.map((one) => one.local),
  ) as Local
}

/** Of one that is up, also where KSQLDB_HOME is not set any more. */
function urlOfRunningKsqldb(running: readonly StartedService[], ports: Ports): string | null {
  return running.some(({ engine }) => engine === 'ksqldb') ? `http://127.0.0.1:${ports.ksqldb}` : null
}

function choosePorts(request: UpRequest, record: NativeRecord | null): Ports {
  const asked = request.portOffset === null ? null : portsAt(request.portOffset)
  if (record === null) return asked ?? portsAt(0)
  if (asked === null || asked.kafka === record.ports.kafka) return record.ports
  throw new Failure(`Engines of this directory are up on other ports (Kafka on ${record.ports.kafka}).`, {
    next: 'Run `pipec down` first, or leave --port-offset out.',
  })
}

/** The engines that generated/ is for, or all where nothing has been generated. */
async function manifestEngines(cwd: string): Promise<readonly LocalEngine[]> {
  const path = join(cwd, 'generated', 'manifest.json')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return engineKeys
  try {
    return [...enginesOf(JSON.parse(text) as Manifest)]
  } catch (error) {
    throw new Failure(`${path} cannot be read.`, {
      next: 'Run `pipec build` to write it anew.',
      cause: error,
    })
  }
}

/** Engines that are up already stay part of it, so that the record names all of them. */
async function selectEngines(request: UpRequest, running: readonly StartedService[]): Promise<Selection> {
  const wanted = request.engines ?? (await manifestEngines(request.cwd))
  const up = new Set(running.map((one) => one.engine))
  return select(wanted, request.engines !== null, request.env, up)
}

async function findTools({ env, signal }: UpRequest, { engines }: Selection): Promise<Tools> {
  const sets = engines.flatMap(({ set }) => set ?? [])
  return requireTools({
    python: sets.some((set) => set.parts.some((part) => part.from !== 'maven')),
    fetched: async (python) => {
      const complete = await Promise.all(sets.map((set) => isComplete(setFolder(env, set, python))))
      return !complete.includes(false)
    },
    reason: engines.map(({ title }) => title).join(', '),
    env,
    signal,
  })
}

interface StartContext {
  readonly request: UpRequest
  readonly folder: string
  readonly ports: Ports
}

/** Leaves, when it fails, what was running before and nothing else. */
async function start(
  plans: readonly EnginePlan[],
  running: readonly StartedService[],
  { request, folder, ports }: StartContext,
): Promise<void> {
  const started: StartedService[] = []
  const services = plans.flatMap((plan) => plan.services)
  const step = request.progress.start('Starting engines', services.length)
  let writing = Promise.resolve()
  // Several start at the same moment: one write after the other, or the last one could miss some.
  const record = (service: StartedService) => {
    started.push(service)
    const services = [...running, ...started]
    writing = writing.then(() => writeRecord(folder, { version: 1, ports, services }))
    return writing
  }
  try {
    await prepare(missingServices(plans, running).length === 0 ? [] : plans)
    await startAll(services, running, { folder, env: request.env, record, step, signal: request.signal })
    step.finish()
  } catch (error) {
    step.fail('failed; ending what was started')
    await endServices(folder, started, running, impatience)
    throw error
  }
}
