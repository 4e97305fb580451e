/** Asks every engine of the environment what it runs under our name, all at once. */
import type { Resource } from '../compiler/manifest.ts'
import type { Actual, Context, Engine, EngineKey } from './engines/engine.ts'
import { isFailure } from './failure.ts'
import { type Progress, silent } from './progress.ts'

export interface Observation {
  readonly actual: readonly Actual[]
  /** Engines that nothing is wanted from and that did not answer, or have no address here. */
  readonly notes: readonly string[]
}

export interface ObserveOptions {
  /** Engines that have to answer although nothing is wanted from them: what they hold is to go. */
  readonly needed?: ReadonlySet<EngineKey>
  readonly progress?: Progress
}

/**
 * @throws Failure when an engine that something is wanted from, or that is needed, cannot be asked.
 */
export async function observe(
  desired: readonly Resource[],
  engines: readonly Engine[],
  context: Context,
  { needed = new Set<EngineKey>(), progress = silent }: ObserveOptions = {},
): Promise<Observation> {
  const asked = engines.filter((each) => reachable(each, context))
  const answers = await askAll(asked, progress, (one) => ask(one, desired, context, needed.has(one.key)))
  const unknown = engines.filter((each) => needed.has(each.key) && !reachable(each, context))
  return {
    actual: answers.flatMap((each) => each.actual),
    notes: [
      ...answers.flatMap((each) => each.notes),
      ...unknown.map(({ key }) => `${key} is not up here: what it may hold of this pipeline stays.`),
    ],
  }
}

/** All at once; says which have yet to answer. */
async function askAll<T>(
  engines: readonly Engine[],
  progress: Progress,
  question: (engine: Engine) => Promise<T>,
): Promise<readonly T[]> {
  const step = progress.start('Looking at what runs', engines.length)
  const silentYet = new Set(engines.map(({ key }) => key))
  const say = (): void => {
    const waiting = silentYet.size === 0 ? '' : `waiting for ${[...silentYet].join(', ')}`
    step.update(engines.length - silentYet.size, waiting)
  }
  say()
  try {
    const answers = await Promise.all(
      engines.map(async (engine) => {
        const answer = await question(engine)
        silentYet.delete(engine.key)
        say()
        return answer
      }),
    )
    step.finish()
    return answers
  } catch (error) {
    step.fail()
    throw error
  }
}

function reachable(engine: Engine, context: Context): boolean {
  return context.endpoints[engine.key] !== null
}

async function ask(
  engine: Engine,
  desired: readonly Resource[],
  context: Context,
  needed: boolean,
): Promise<Observation> {
  const own = desired.filter((each) => engine.kinds.includes(each.kind))
  try {
    return { actual: await engine.observe(own, context), notes: [] }
  } catch (error) {
    if (needed || own.length > 0 || engine.key === 'kafka' || !isFailure(error)) throw error
    return {
      actual: [],
      notes: [`${engine.key} did not answer, so that leftovers of this pipeline there are not seen.`],
    }
  }
}
