/** A job's checkpoints where they are this machine's own files: to look at them or remove them then takes no driver of Spark's. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { Context } from './engine.ts'
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

/** What other queries have left: going back to one of them would leave out what has been written since. */
export async function removeOthers(job: SparkJobResource, context: Context): Promise<void> {
  const folder = ownCheckpoints(job.name, context)
  if (folder === null || (await isGone(folder))) return
  const states = (await readdir(folder)).map((state) => join(folder, state))
  const others = states.filter((state) => state !== stateFolder(folder, job))
  await Promise.all(others.map(removeOwn))
}

/** Where the checkpoints of one query lie in its job's folder. */
export function stateFolder(folder: string, { stateHash }: SparkJobResource): string {
  return join(folder, digits(stateHash))
}

export async function isGone(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => false,
    () => true,
  )
}
