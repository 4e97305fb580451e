/** Asks every engine of the environment what it runs under our name, all at once. */
import type { Resource } from '../compiler/manifest.ts'
import type { Actual, Context, Engine, EngineKey } from './engines/engine.ts'
import { isFailure } from './failure.ts'

export interface Observation {
  readonly actual: readonly Actual[]
  /** Engines that nothing is wanted from and that did not answer, or have no address here. */
  readonly notes: readonly string[]
}

/**
 * @param needed engines that have to answer although nothing is wanted from them: what they hold is to go.
 * @throws Failure when an engine that something is wanted from, or that is needed, cannot be asked.
 */
export async function observe(
  desired: readonly Resource[],
  engines: readonly Engine[],
  context: Context,
  needed: ReadonlySet<EngineKey> = new Set(),
): Promise<Observation> {
  const answers = await Promise.all(
    engines
      .filter((each) => reachable(each, context))
      .map((each) => ask(each, desired, context, needed.has(each.key))),
  )
  const unknown = engines.filter((each) => needed.has(each.key) && !reachable(each, context))
  return {
    actual: answers.flatMap((each) => each.actual),
    notes: [
      ...answers.flatMap((each) => each.notes),
      ...unknown.map(({ key }) => `${key} is not up here: what it may hold of this pipeline stays.`),
    ],
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
