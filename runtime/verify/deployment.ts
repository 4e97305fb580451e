/** What a run makes under its own name, and the removal of all of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineName } from '../../compiler/ir.ts'
import type { Manifest, Resource } from '../../compiler/manifest.ts'
import { apply } from '../apply.ts'
import type { Change, Context, Engine, EngineKey } from '../engines/engine.ts'
import { Failure } from '../failure.ts'
import { observe } from '../observe.ts'
import { changesOf, enginesOf } from '../plan.ts'
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

export interface Removal {
  /** Of the run; of one that another process has left, the pipeline's own. */
  readonly manifest: Manifest
  readonly engines: readonly Engine[]
  /** Under the run's name. */
  readonly context: Context
  readonly progress: Progress
}

/**
 * Removes whatever bears the name of a run of this process, even if the user has stopped it.
 * @param only the engine that the run was limited to.
 * @param failed whether the run broke off: then what it has made so far may not be all that will be there.
 * @returns a note for each engine that did not answer.
 * @throws Failure that says what is left.
 */
export async function removeRun(
  { manifest, engines, context, progress }: Removal,
  only: EngineName | null,
  failed = false,
): Promise<Unseen> {
  const used = enginesOf(manifest)
  const own = engines.filter(
    ({ key }) => key === 'kafka' || (used.has(key) && (only === null || only === key)),
  )
  let unsure = context.signal.aborted
  const patient = { ...context, signal: new AbortController().signal }
  for (let clean = 0; ; ) {
    const { removed, unseen } = await removeOnce(own, patient, progress)
    clean = removed ? 0 : clean + 1
    unsure ||= failed && removed
    if (!unsure || clean === looks) return unseen
    await sleep(betweenLooks)
  }
}

/** A job that was being submitted when the run broke off appears only after a while. */
const looks = 3
const betweenLooks = 2_000

/**
 * As `removeRun`, for a run that another process has left. The pipeline may have had other engines then; those that it has
 * now must answer. A run has no tables.
 */
export async function removeLeftRun({ manifest, engines, context, progress }: Removal): Promise<Unseen> {
  const own = engines.filter(({ key }) => key !== 'pinot')
  const { unseen } = await removeOnce(own, context, progress, enginesOf(manifest))
  return unseen
}

/** Jobs first, all engines at once, then topics. */
async function removeOnce(
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
  needed: ReadonlySet<EngineKey> = new Set(),
): Promise<{ readonly removed: boolean; readonly unseen: Unseen }> {
  const { actual, notes: unseen } = await observe([], engines, context, { needed })
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
