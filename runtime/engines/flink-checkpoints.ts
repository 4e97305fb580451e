/**
 * Checkpoints and savepoints that are this machine's own files. A JobManager forgets its jobs; what they left stays, and each
 * query of each job has a folder of its own in which it is found again.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import type { Context } from './engine.ts'
import type { Savepoint } from './flink-rest.ts'
import { settled, withAdmin } from './kafka-client.ts'

/** Where jobs of this query write them, as a URI; null where only the cluster can reach them, which then decides itself. */
export function checkpointsUri(job: FlinkJobResource, context: Context): string | null {
  const folder = folderOf(job.name, context)
  return folder === null ? null : `file://${queryFolder(folder, job)}`
}

/**
 * The youngest that jobs of this query have left, or null. A source topic in which the job's group has no place is taken for
 * one that was made anew, in which their offsets mean nothing; a job that ended within seconds may have none yet either.
 */
export async function leftBehind(job: FlinkJobResource, context: Context): Promise<Savepoint | null> {
  const folder = folderOf(job.name, context)
  if (folder === null) return null
  const [youngest = null] = await completed(queryFolder(folder, job))
  return youngest !== null && (await hasPlace(job, context)) ? youngest : null
}

/** Whether jobs of any query have left something. */
export async function hasLeft(name: string, context: Context): Promise<boolean> {
  const folder = folderOf(name, context)
  return folder !== null && (await namesIn(folder)).length > 0
}

/** For a job that starts anew, or is gone. */
export async function removeCheckpoints(name: string, context: Context): Promise<void> {
  const folder = folderOf(name, context)
  // A task may outlive its job by a moment, and still write.
  if (folder !== null) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

function folderOf(name: string, { endpoints }: Context): string | null {
  const checkpoints = endpoints.flink?.checkpoints ?? null
  return checkpoints === null ? null : join(checkpoints, name)
}

function queryFolder(folder: string, { stateHash }: FlinkJobResource): string {
  return join(folder, stateHash.replace('sha256:', ''))
}

/** Youngest first. Flink writes `_metadata` last: without it a checkpoint is none. */
async function completed(folder: string): Promise<Savepoint[]> {
  const entries = await namesIn(folder)
  const savepoints = entries.filter((name) => name.startsWith('savepoint-')).map((name) => join(folder, name))
  const jobs = entries.filter((name) => /^[0-9a-f]{32}$/.test(name)).map((name) => join(folder, name))
  const checkpoints = await Promise.all(jobs.map(checkpointsOf))
  const found = await Promise.all([...savepoints, ...checkpoints.flat()].map(completion))
  return found.flatMap((each) => each ?? []).sort((a, b) => b.at - a.at)
}

async function checkpointsOf(job: string): Promise<string[]> {
  const names = await namesIn(job)
  return names.filter((name) => /^chk-\d+$/.test(name)).map((name) => join(job, name))
}

async function completion(path: string): Promise<Savepoint | null> {
  const metadata = await stat(join(path, '_metadata')).catch(ignoreMissing)
  return metadata === null ? null : { path: `file://${path}`, at: metadata.mtimeMs }
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreMissing)) ?? []
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/** Kafka drops a group's places in a topic with the topic itself; Flink writes them with every checkpoint. */
async function hasPlace(
  { group: groupId, sourceTopic }: FlinkJobResource,
  context: Context,
): Promise<boolean> {
  const { kafka } = context.endpoints
  const places = await withAdmin(
    kafka,
    (admin) => settled(() => admin.fetchOffsets({ groupId })),
    context.signal,
  )
  const own = places.find(({ topic }) => topic === sourceTopic)
  return own?.partitions.some(({ offset }) => Number(offset) >= 0) ?? false
}
