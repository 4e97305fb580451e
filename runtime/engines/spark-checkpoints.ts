/** A job's checkpoints where they are this machine's own files: to look at them or remove them then takes no driver of Spark's. */
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Admin } from 'kafkajs'
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { Context } from './engine.ts'
import { settled, withAdmin } from './kafka-client.ts'
import { sparkEndpoint } from './spark-cluster.ts'
import { checkpointsOf, digits } from './spark-driver.ts'

/** Null where only Spark can reach them. */
export function ownCheckpoints(name: string, context: Context): string | null {
  const { here, files } = sparkEndpoint(context)
  return here && files !== null ? checkpointsOf(files.checkpoints, name) : null
}

/** An executor may outlive its driver by a moment, and still write. */
export async function removeOwn(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

/**
 * Whether a job of this query has left checkpoints here that a job can go on from: not where the topic ends before what
 * they have read, for it was made anew.
 */
export async function hasLeft(job: SparkJobResource, context: Context): Promise<boolean> {
  const folder = ownCheckpoints(job.name, context)
  if (folder === null || (await isGone(stateFolder(folder, job)))) return false
  const read = await offsetsRead(stateFolder(folder, job))
  if (read === null) return true
  const { kafka } = context.endpoints
  const ends = await withAdmin(kafka, (admin) => endOffsets(admin, job.sourceTopic), context.signal)
  const own = Object.entries(read[job.sourceTopic] ?? {})
  return own.length > 0 && own.every(([partition, offset]) => offset <= (ends.get(Number(partition)) ?? -1))
}

/** For a job that nobody knows: what other queries have left, to which going back would leave out what has been written since. */
export async function removeOthers(job: SparkJobResource, context: Context): Promise<void> {
  const folder = ownCheckpoints(job.name, context)
  if (folder === null || (await isGone(folder))) return
  if (!(await hasLeft(job, context))) return removeOwn(folder)
  const states = (await readdir(folder)).map((state) => join(folder, state))
  const others = states.filter((state) => state !== stateFolder(folder, job))
  await Promise.all(others.map(removeOwn))
}

type Offsets = Readonly<Record<string, Readonly<Record<string, number>>>>

/** By topic and partition, as the last begun batch says them; null before the first. Spark 4.2 writes one file a batch. */
async function offsetsRead(state: string): Promise<Offsets | null> {
  const names = await readdir(join(state, 'offsets')).catch(() => [])
  const batches = names.filter((name) => /^\d+$/.test(name)).map(Number)
  if (batches.length === 0) return null
  const text = await readFile(join(state, 'offsets', String(Math.max(...batches))), 'utf8')
  return JSON.parse(text.trimEnd().split('\n').at(-1)!) as Offsets
}

/** None of a topic that is not there. */
async function endOffsets(admin: Admin, topic: string): Promise<ReadonlyMap<number, number>> {
  if (!(await admin.listTopics()).includes(topic)) return new Map()
  const partitions = await settled(() => admin.fetchTopicOffsets(topic))
  return new Map(partitions.map(({ partition, high }) => [partition, Number(high)]))
}

/** Where the checkpoints of one query lie in its job's folder. */
function stateFolder(folder: string, { stateHash }: SparkJobResource): string {
  return join(folder, digits(stateHash))
}

export async function isGone(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => false,
    () => true,
  )
}
