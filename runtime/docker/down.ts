/** `down` where `up` used Docker: the containers that it started, and their network; data only when asked. */
import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { localFolder } from '../local.ts'
import { exclusively } from '../native/exclusive.ts'
import type { DownReport, DownRequest } from '../starter.ts'
import { type Compose, compose, endLeftCompose, removal, requireComposeFile } from './compose.ts'
import { type DockerRecord, readDockerRecord, writeDockerRecord } from './record.ts'
import { presentServices, projectOf, runningServices, titlesOf } from './services.ts'
import { dockerProblem } from './tools.ts'

/** @throws Failure when Docker cannot be asked, or another run is at work here. */
export async function downDocker(request: DownRequest): Promise<DownReport> {
  const problem = await dockerProblem(request)
  if (problem !== null) throw problem
  const folder = resolve(localFolder(request.cwd))
  if ((await stat(folder).catch(() => null)) === null) return downUnrecorded(request)
  return exclusively(folder, () => downLocked(request, folder))
}

async function downLocked(request: DownRequest, folder: string): Promise<DownReport> {
  await endLeftCompose(request.cwd)
  const record = await readDockerRecord(folder)
  const report = await (record === null ? downUnrecorded(request) : downRecorded(request, record))
  await rm(join(folder, 'local.json'), { force: true })
  // While there is data, a later `down --volumes` has to know whose it is.
  const left = record === null || report.dataRemoved ? null : { ...record, services: [], settled: true }
  await writeDockerRecord(folder, left)
  return report
}

/** Whoever deleted the record wants what the compose file describes gone. */
async function downUnrecorded(request: DownRequest): Promise<DownReport> {
  await requireComposeFile(request.cwd)
  const project = await projectOf({ ...shellOf(request), of: { profiles: ['*'] } })
  const settings: Compose = { ...shellOf(request), of: { project } }
  return remove(request, settings, await presentServices(settings))
}

async function downRecorded(request: DownRequest, { project, services }: DockerRecord): Promise<DownReport> {
  return remove(request, { ...shellOf(request), of: { project } }, services)
}

function shellOf({ cwd, env, signal }: DownRequest) {
  return { cwd, env, signal }
}

/** Those of `services` that are there. The network and the data go with the last container of the project. */
async function remove(
  { progress, volumes }: DownRequest,
  settings: Compose,
  services: readonly string[],
): Promise<DownReport> {
  const running = await runningServices(settings)
  const present = await presentServices(settings)
  const own = present.filter((service) => services.includes(service))
  const others = present.filter((service) => !services.includes(service))
  const step = progress.start('Removing containers', null)
  const watch = (line: string) => step.update(0, line.trim().slice(0, 80))
  if (own.length > 0) await compose(settings, [...removal, ...own], watch)
  if (others.length === 0) {
    await compose(settings, ['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])], watch)
  }
  step.finish()
  if (others.length > 0) progress.note(leftAlone(others, settings))
  return {
    stopped: titlesOf(own.filter((service) => running.includes(service))),
    dataRemoved: volumes && others.length === 0,
  }
}

function leftAlone(services: readonly string[], { of }: Compose): string {
  const project = 'project' in of ? of.project : ''
  return `Not started by this directory's up, and left as they are, with all data: ${titlesOf(services).join(', ')}. \`docker compose -p ${project} down\` ends them.`
}
