/** `down` where `up` used Docker: the containers and the network of the compose file; data only when asked. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localFolder } from '../local.ts'
import type { DownReport, DownRequest } from '../starter.ts'
import { type Compose, compose, requireComposeFile } from './compose.ts'
import { runningServices, titles } from './services.ts'
import { dockerProblem } from './tools.ts'

/** @throws Failure when Docker cannot be asked, or the compose file is not there. */
export async function downDocker(request: DownRequest): Promise<DownReport> {
  const problem = await dockerProblem(request)
  if (problem !== null) throw problem
  await requireComposeFile(request.cwd)
  const { cwd, env, signal, volumes } = request
  const settings: Compose = { cwd, env, signal, profiles: ['*'] }
  const running = await runningServices(settings)
  const step = request.progress.start('Removing containers', null)
  // An engine that has left the pipeline is no longer in the file, but its container may still run.
  await compose(settings, ['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])], (line) =>
    step.update(0, line.trim().slice(0, 80)),
  )
  step.finish()
  await rm(join(localFolder(cwd), 'local.json'), { force: true })
  return { stopped: running.map((service) => titles[service] ?? service), dataRemoved: volumes }
}
