/** `up --with docker`: what generated/compose.yaml describes, and nothing that pipec would have to know besides. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { type LocalEngine, localFolder, readLocal } from '../local.ts'
import { exclusively } from '../native/exclusive.ts'
import { writeJson } from '../native/record.ts'
import type { Progress, ProgressStep } from '../progress.ts'
import type { UpReport, UpRequest } from '../starter.ts'
import { type Compose, compose, requireComposeFile } from './compose.ts'
import { localOf, whereToLook } from './local.ts'
import { engineOf, profilesOf, runningServices, titles, wantedServices } from './services.ts'
import { dockerProblem } from './tools.ts'

/** @throws Failure, or the signal's reason; the containers that this call started have then been removed again. */
export async function upDocker(request: UpRequest): Promise<UpReport> {
  await requirePossible(request)
  const folder = localFolder(request.cwd)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.gitignore'), '*\n')
  return exclusively(folder, () => upLocked(request))
}

async function upLocked(request: UpRequest): Promise<UpReport> {
  const all = await profilesOf(settingsFor(request, ['*']))
  const settings = settingsFor(request, chosen(request.engines, all))
  const before = await runningServices(settingsFor(request, ['*']))
  const wanted = await wantedServices(settings)
  const missing = wanted.filter((service) => !before.includes(service))
  await start(settings, { services: wanted.length, missing, progress: request.progress })
  const engines = enginesOf(settings.profiles, before)
  const local = localOf(engines)
  await writeJson(join(localFolder(request.cwd), 'local.json'), local)
  return {
    local,
    started: missing.map((service) => titles[service] ?? service),
    leftOut: [],
    look: whereToLook(local),
  }
}

async function requirePossible(request: UpRequest): Promise<void> {
  if (request.portOffset !== null && request.portOffset !== 0) {
    throw new Failure('The ports of the compose file are fixed: --port-offset is for --with native.', {
      next: 'Leave it out, or start the engines natively.',
    })
  }
  const problem = await dockerProblem(request)
  if (problem !== null) throw problem
  await requireComposeFile(request.cwd)
  if ((await readLocal(request.cwd))?.with !== 'native') return
  throw new Failure('The engines of this directory are up natively, on the same ports.', {
    next: 'Run `pipec down` first.',
  })
}

function settingsFor({ cwd, env, signal }: UpRequest, profiles: readonly string[]): Compose {
  return { cwd, env, signal, profiles }
}

/** Kafka needs no profile: whatever is started needs Kafka. */
function chosen(engines: readonly LocalEngine[] | null, profiles: readonly string[]): readonly string[] {
  if (engines === null) return profiles
  const wanted = engines.filter((engine) => engine !== 'kafka')
  const absent = wanted.filter((engine) => !profiles.includes(engine))
  if (absent.length === 0) return wanted
  throw new Failure(`The compose file has no ${absent.join(' and no ')}: the pipeline does not use it.`, {
    next: 'Add it to pipeline.yaml and run `pipec build`, or leave it out.',
  })
}

/** What ran before goes on, and stays part of the record. */
function enginesOf(profiles: readonly string[], before: readonly string[]): readonly LocalEngine[] {
  const running = before.map((service) => service.split('-')[0] ?? service)
  return [...profiles, ...running].flatMap((name) => engineOf(name) ?? [])
}

/** Ten minutes: the first time, images come over the network and the engines' own are built. */
const patience = '600'

interface Start {
  readonly services: number
  readonly missing: readonly string[]
  readonly progress: Progress
}

async function start(settings: Compose, { services, missing, progress }: Start): Promise<void> {
  if (missing.length === 0) return
  const step = progress.start('Starting containers', services)
  try {
    await compose(settings, ['up', '--detach', '--wait', '--wait-timeout', patience], watch(step))
    step.finish()
  } catch (error) {
    step.fail('failed; removing what was started')
    await removeAgain(settings, missing)
    throw error
  }
}

/** Compose says ` Container pipec-transactions-kafka-1  Healthy` of each service once it is. */
function watch(step: ProgressStep): (line: string) => void {
  const healthy = new Set<string>()
  return (line) => {
    const container = /Container (\S+)\s+Healthy/.exec(line)?.[1]
    if (container !== undefined) healthy.add(container)
    step.update(healthy.size, line.trim().slice(0, 80))
  }
}

/** A new signal: the old one may be what stopped us, and what it stopped still has to be cleared away. */
async function removeAgain(settings: Compose, services: readonly string[]): Promise<void> {
  const signal = new AbortController().signal
  await compose({ ...settings, signal }, ['rm', '--stop', '--force', ...services]).catch(() => {})
}
