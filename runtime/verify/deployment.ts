/** What a run makes under its own name, and the removal of all of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '../../compiler/manifest.ts'
import { apply } from '../apply.ts'
import type { Change, Context, Engine } from '../engines/engine.ts'
import { Failure } from '../failure.ts'
import { observe } from '../observe.ts'
import { changesOf } from '../plan.ts'
import type { Progress } from '../progress.ts'

/** Makes topics; a new name has none yet. Throws Failure. */
export async function makeTopics(
  resources: readonly Resource[],
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
): Promise<void> {
  const topics = resources.filter(({ kind }) => kind === 'kafka-topic')
  const { failed } = await apply(changesOf(topics, [], engines), engines, context, progress)
  if (failed !== null) throw failed.failure
}

/** What could not be looked at may hold a part of the run. */
export type Unseen = readonly string[]

/** A job that was being submitted when the user stopped appears only after a while. */
const looks = 3
const betweenLooks = 2_000

/**
 * Removes whatever bears the run's name: jobs first, all engines at once, then topics.
 * @param interrupted whether something may still be on its way.
 * @returns a note for each engine that did not answer.
 * @throws Failure that says what is left.
 */
export async function removeRun(
  engines: readonly Engine[],
  context: Context,
  interrupted: boolean,
  progress: Progress,
): Promise<Unseen> {
  for (let clean = 0; ; ) {
    const { removed, unseen } = await removeOnce(engines, context, progress)
    clean = removed ? 0 : clean + 1
    if (!interrupted || clean === looks) return unseen
    await sleep(betweenLooks)
  }
}

async function removeOnce(
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
): Promise<{ readonly removed: boolean; readonly unseen: Unseen }> {
  const { actual, notes: unseen } = await observe([], engines, context)
  if (actual.length === 0) return { removed: false, unseen }
  const changes = changesOf([], actual, engines)
  const jobs = engines.filter(({ key }) => key !== 'kafka')
  const failures = await Promise.all(
    jobs.map(({ key }) =>
      remove(
        changes.filter(({ engine }) => engine === key),
        engines,
        context,
        progress,
      ),
    ),
  )
  const topics = changes.filter(({ engine }) => engine === 'kafka')
  const failed = [...failures, await remove(topics, engines, context, progress)].flat()
  if (failed.length > 0)
    throw new Failure(`Not everything of the run ${context.pipeline} could be removed.`, {
      detail: failed.join('\n'),
      next: `Once the cause is mended, remove the rest with \`pipec verify --remove ${context.pipeline}\`.`,
    })
  return { removed: true, unseen }
}

/** Why each thing that is left could not be removed. */
async function remove(
  changes: readonly Change[],
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
): Promise<readonly string[]> {
  const { failed, left } = await apply(changes, engines, context, progress)
  if (failed === null) return []
  return [
    `${failed.change.address}: ${failed.failure.message}`,
    ...left.map(({ address }) => `${address}: not begun`),
  ]
}
