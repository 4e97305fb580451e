/** A job's checkpoints where they are this machine's own files: to remove them then takes no driver of Spark's. */
import { rm, stat } from 'node:fs/promises'
import type { Context } from './engine.ts'
import { sparkEndpoint } from './spark-cluster.ts'
import { checkpointsOf } from './spark-driver.ts'

/** Null where only Spark can reach them. */
export function ownCheckpoints(name: string, context: Context): string | null {
  const { here, files } = sparkEndpoint(context)
  return here && files !== null ? checkpointsOf(files.checkpoints, name) : null
}

/** An executor may outlive its driver by a moment, and still write. */
export async function removeOwn(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

export async function isGone(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => false,
    () => true,
  )
}
