/** `up --with docker`: what generated/compose.yaml describes, and nothing that pipec would have to know besides. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure } from '../failure.ts'
import { type LocalEngine, localFolder, readLocal } from '../local.ts'
import { exclusively } from '../native/exclusive.ts'
import { readRecord } from '../native/record.ts'
import type { Progress, ProgressStep } from '../progress.ts'
import { writeJson } from '../record-file.ts'
import type { UpReport, UpRequest } from '../starter.ts'
import { type Compose, compose, endLeftCompose, removal, requireComposeFile } from './compose.ts'
import { localOf, whereToLook } from './local.ts'
import { type DockerRecord, readDockerRecord, writeDockerRecord } from './record.ts'
import { enginesOf, profilesOf, projectOf, runningServices, titlesOf, wantedServices } from './services.ts'
import { dockerProblem } from './tools.ts'

/** @throws Failure, or the signal's reason; the containers that this call started have then been removed again. */
export async function upDocker(request: UpRequest): Promise<UpReport> {
  await requirePossible(request)
  const folder = resolve(localFolder(request.cwd))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.gitignore'), '*\n')
  return exclusively(folder, () => upLocked(request, folder))
}

async function upLocked(request: UpRequest, folder: string): Promise<UpReport> {
  await requireNoNative(request.cwd, folder)
  await endLeftCompose(request.cwd)
  const record = await readDockerRecord(folder)
  const everything = settingsFor(request, ['*'])
  const project = await requireSameProject(record, everything)
  const profiles = chosen(request.engines, record, await profilesOf(everything))
  const settings = settingsFor(request, profiles)
  const before = await runningServices(everything)
  const wanted = await wantedServices(settings)
  const missing = wanted.filter((service) => !before.includes(service))
  const services = [...new Set([...(record?.services ?? []), ...missing])]
  const begun: DockerRecord = { version: 1, project, services, settled: false }
  if (missing.length > 0 || record?.settled === false) {
    const { progress } = request
    await start(settings, { folder, record, begun, total: wanted.length, missing, progress })
  }
  await writeDockerRecord(folder, { ...begun, settled: true })
  const local = localOf(enginesOf([...profiles, ...before]))
  await writeJson(join(folder, 'local.json'), local)
  return { local, started: titlesOf(missing), leftOut: [], look: whereToLook(local) }
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
}

/** Neither up, nor left behind by an `up` that was killed. */
async function requireNoNative(cwd: string, folder: string): Promise<void> {
  if ((await readLocal(cwd))?.with !== 'native' && (await readRecord(folder)) === null) return
  throw new Failure('The engines of this directory are up natively, on the same ports.', {
    next: 'Run `pipec down` first.',
  })
}

/** A pipeline that is called otherwise by now would leave the old containers running, on the same ports, or their data lying. */
async function requireSameProject(record: DockerRecord | null, settings: Compose): Promise<string> {
  const project = await projectOf(settings)
  if (record === null || record.project === project) return project
  if (record.services.length > 0) {
    throw new Failure(`The containers of this directory are up as ${record.project}, not as ${project}.`, {
      next: 'Run `pipec down` first.',
    })
  }
  throw new Failure(`The data that ${record.project} has left in Docker's volumes would be forgotten.`, {
    next: `Remove it with \`pipec down --volumes\`; or delete ${join('.pipec', 'docker.json')}, and it stays until you remove it yourself.`,
  })
}

function settingsFor({ cwd, env, signal }: UpRequest, profiles: readonly string[]): Compose {
  return { cwd, env, signal, of: { profiles } }
}

/** Kafka needs no profile: whatever is started needs Kafka. What an `up` that was killed had begun is gone on with. */
function chosen(
  engines: readonly LocalEngine[] | null,
  record: DockerRecord | null,
  profiles: readonly string[],
): readonly string[] {
  if (engines === null) return profiles
  const wanted = engines.filter((engine) => engine !== 'kafka')
  const absent = wanted.filter((engine) => !profiles.includes(engine))
  if (absent.length > 0) {
    throw new Failure(`The compose file has no ${absent.join(' and no ')}: the pipeline does not use it.`, {
      next: 'Add it to pipeline.yaml and run `pipec build`, or leave it out.',
    })
  }
  const begun = record === null || record.settled ? [] : enginesOf(record.services)
  return profiles.filter((profile) => [...wanted, ...begun].some((engine) => engine === profile))
}

/** Ten minutes: the first time, images come over the network and the engines' own are built. */
const patience = '600'

interface Start {
  readonly folder: string
  /** As it was before. */
  readonly record: DockerRecord | null
  readonly begun: DockerRecord
  readonly total: number
  readonly missing: readonly string[]
  readonly progress: Progress
}

async function start(settings: Compose, start: Start): Promise<void> {
  const { folder, record, begun, total, missing, progress } = start
  await writeDockerRecord(folder, begun)
  const step = progress.start('Starting containers', total)
  try {
    await compose(settings, ['up', '--detach', '--wait', '--wait-timeout', patience], watch(step))
    step.finish()
  } catch (error) {
    step.fail('failed; removing what was started')
    if (await removeAgain(settings, missing)) await writeDockerRecord(folder, record)
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
async function removeAgain(settings: Compose, services: readonly string[]): Promise<boolean> {
  if (services.length === 0) return true
  const signal = new AbortController().signal
  return compose({ ...settings, signal }, [...removal, ...services]).then(
    () => true,
    () => false,
  )
}
