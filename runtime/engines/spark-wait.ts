/** Waiting for what Spark takes its time for: a driver's end, a query that really runs. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context } from './engine.ts'
import { type Cluster, type Driver, readCluster, readLog } from './spark-cluster.ts'
import { lastReport } from './spark-driver.ts'
import { engineWords } from './spark-failure.ts'

/** A driver takes up to 80 s to its first batch on a busy machine; the first batch of a long backlog takes its own time. */
const longestStart = 600_000
const longestEnd = 180_000

/** Until a driver that was submitted is to be seen, and whose it is. */
export const appearance = 20_000

/** Milliseconds between looks at a driver's log, and looks after which the master is asked again. */
const lookEvery = 400
const looksOfOneAnswer = 5

/** Waits for the first batch, or until there is nothing to read. Throws Failure with the script's own last words. */
export async function untilRunning(id: string, context: Context, step: ProgressStep): Promise<void> {
  let deadline = context.now() + longestStart
  let cluster = await readCluster(context)
  for (let looks = 1; ; looks++) {
    const driver = driverOf(cluster, id)
    const stdout = driver === null ? null : await readLog(cluster, driver, 'stdout', 'last', context)
    if (driver !== null && hasEnded(cluster, id)) throw endedFailure(driver, stdout ?? '')
    const report = lastReport(stdout ?? '')
    const ready = report?.ready === true
    if (context.hold?.over === false) deadline = context.now() + longestStart
    if (ready && looks === 1) return
    if (context.now() > deadline) throw slowFailure(cluster, driver, id)
    step.update(0, report?.state ?? stage(driver))
    if (!ready) await sleep(lookEvery, undefined, { signal: context.signal })
    // A log that says "ready" may be that of a driver which has ended meanwhile.
    if (!ready && driver?.state === 'RUNNING' && looks < looksOfOneAnswer) continue
    cluster = await readCluster(context)
    looks = 0
  }
}

function stage(driver: Driver | null): string {
  return driver?.state === 'RUNNING' ? 'the driver starts' : 'waiting for a worker'
}

/**
 * Waits until it is known of every driver whose it is: one that waits for a worker has no log yet, and may be this very job.
 * @param onWait is told which one it waits for.
 */
export async function untilKnown(context: Context, onWait: (id: string) => void): Promise<Cluster> {
  const deadline = context.now() + appearance
  for (;;) {
    const cluster = await readCluster(context)
    const stranger = await firstStranger(cluster, context)
    if (stranger === null) return cluster
    if (context.now() > deadline) throw strangerFailure(stranger)
    onWait(stranger.id)
    await sleep(500, undefined, { signal: context.signal })
  }
}

async function firstStranger(cluster: Cluster, context: Context): Promise<Driver | null> {
  for (const driver of cluster.active) {
    if ((await readLog(cluster, driver, 'stderr', 'first', context)) === null) return driver
  }
  return null
}

function strangerFailure({ id }: Driver): Failure {
  return new Failure(
    `Spark's driver ${id} waits for a free worker, and until it starts nobody can tell whose it is.`,
    {
      next: "Give the cluster more cores or memory, or kill that driver on the master's page; then try again.",
    },
  )
}

/** Waits until the driver is among those that ended; null when the master has forgotten it. */
export async function untilEnded(
  id: string,
  context: Context,
): Promise<{ readonly cluster: Cluster; readonly driver: Driver | null }> {
  const deadline = context.now() + longestEnd
  for (;;) {
    const cluster = await readCluster(context)
    const driver = driverOf(cluster, id)
    if (driver === null || hasEnded(cluster, id)) return { cluster, driver }
    if (context.now() > deadline) {
      throw new Failure(`Spark's driver ${id} did not end within ${longestEnd / 1000} s.`, {
        next: "Look at it on the master's page, then apply again.",
      })
    }
    await sleep(300, undefined, { signal: context.signal })
  }
}

function driverOf({ active, completed }: Cluster, id: string): Driver | null {
  return [...active, ...completed].find((driver) => driver.id === id) ?? null
}

function hasEnded({ completed }: Cluster, id: string): boolean {
  return completed.some((driver) => driver.id === id)
}

function endedFailure({ id, state }: Driver, stdout: string): Failure {
  if (state === 'KILLED') {
    return new Failure(`Somebody killed ${id} while it started.`, { next: 'Apply again.' })
  }
  return new Failure(`Spark's driver ${id} ended as ${state}.`, {
    detail: engineWords(stdout),
    next: `Its whole output is on its worker's page, under ${id}.`,
  })
}

function slowFailure({ coresFree, memoryFree }: Cluster, driver: Driver | null, id: string): Failure {
  const free = `${coresFree} cores and ${memoryFree} MB are free`
  const what = driver?.state === 'RUNNING' ? 'has done no batch yet' : 'has found no worker'
  return new Failure(`Spark's driver ${id} ${what} after ${longestStart / 60_000} minutes; ${free}.`, {
    next: 'A job needs 2 cores and 2048 MB: one of each for the driver and for an executor. It is left running.',
  })
}
