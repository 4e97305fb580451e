/** `down` without Docker: ends what `up` started, whatever that started in turn, and nothing else. */
import { rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { localFolder } from '../local.ts'
import type { DownReport, DownRequest } from '../starter.ts'
import { exclusively } from './exclusive.ts'
import { endAll, marked } from './processes.ts'
import { aliveServices, readRecord, removeRecord, type StartedService, writeRecord } from './record.ts'
import { temporaryFolder } from './service.ts'

/** Milliseconds for a process to end of itself: Kafka closes its logs, Spark's worker its executors. */
const patience = 15_000

/** For one that has hardly started, and for what was left behind. */
export const impatience = 5_000

/** @throws Failure when another run is at work here or the record cannot be read. */
export async function downNative(request: DownRequest): Promise<DownReport> {
  const folder = resolve(localFolder(request.cwd))
  if (!(await exists(folder))) return { stopped: [], dataRemoved: false }
  return exclusively(folder, () => downLocked(request, folder))
}

async function downLocked(request: DownRequest, folder: string): Promise<DownReport> {
  const services = await aliveServices(await readRecord(folder))
  const step = request.progress.start('Ending engines', null)
  await endServices(folder, services, [], patience)
  step.finish()
  const data = join(folder, 'data')
  const dataRemoved = request.volumes && (await exists(data))
  if (dataRemoved) await rm(data, { recursive: true, force: true })
  return { stopped: services.map((service) => service.title), dataRemoved }
}

/**
 * Ends `services`, Kafka last because the others talk to it; `kept` go on. When none is kept, whatever else carries this
 * folder's mark is ended too: children that outlived their parent, a process started in the moment of a kill.
 */
export async function endServices(
  folder: string,
  services: readonly StartedService[],
  kept: readonly StartedService[],
  patience: number,
): Promise<void> {
  await endAll(
    services.filter((service) => service.engine !== 'kafka'),
    patience,
  )
  await endAll(
    services.filter((service) => service.engine === 'kafka'),
    patience,
  )
  const record = kept.length === 0 ? null : await readRecord(folder)
  if (record !== null) return writeRecord(folder, { ...record, services: kept })
  await endAll(await marked(folder), impatience)
  await removeTemporary(folder)
  await removeRecord(folder)
  await rm(join(folder, 'local.json'), { force: true })
}

/** Where processes cannot be found by their mark, one may still write. */
export async function removeTemporary(folder: string): Promise<void> {
  const patient = { maxRetries: 10, retryDelay: 100 }
  await rm(temporaryFolder(folder), { recursive: true, force: true, ...patient })
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}
