/** Walks the changes in order and stops at the first failure; whatever was done stays done, and a second apply goes on. */
import type { Change, Context, Engine } from './engines/engine.ts'
import { Failure, isFailure } from './failure.ts'
import { isChange, isWork } from './plan.ts'
import type { Progress } from './progress.ts'

export interface Applied {
  readonly done: readonly Change[]
  readonly failed: { readonly change: Change; readonly failure: Failure } | null
  /** Not begun, because something before them failed or the user stopped. */
  readonly left: readonly Change[]
}

const verbs = {
  create: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
  unchanged: 'wait for',
  refuse: 'refuse',
} as const

/** @throws what is no Failure: a bug, or the signal's own reason when the user stopped. */
export async function apply(
  changes: readonly Change[],
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
): Promise<Applied> {
  const todo = changes.filter(isWork)
  const refused = todo.find((each) => each.action === 'refuse')
  if (refused !== undefined) {
    const failure = new Failure(`It cannot be changed: ${refused.reason}`)
    const others = todo.filter((each) => each !== refused)
    return outcome([], { change: refused, failure }, others)
  }
  for (const [index, change] of todo.entries()) {
    context.signal.throwIfAborted()
    const failure = await attempt(change, engines, context, progress)
    if (failure !== null) return outcome(todo.slice(0, index), { change, failure }, todo.slice(index + 1))
  }
  return outcome(todo, null, [])
}

function outcome(done: readonly Change[], failed: Applied['failed'], left: readonly Change[]): Applied {
  return { done: done.filter(isChange), failed, left: left.filter(isChange) }
}

async function attempt(
  change: Change,
  engines: readonly Engine[],
  context: Context,
  progress: Progress,
): Promise<Failure | null> {
  const engine = engines.find((each) => each.key === change.engine)
  if (engine === undefined) throw new TypeError(`no engine ${change.engine}`)
  const step = progress.start(`${verbs[change.action]} ${change.address}`, null)
  try {
    await engine.apply(change, context, step)
    step.finish('done')
    return null
  } catch (error) {
    step.fail(context.signal.aborted ? 'interrupted' : 'failed')
    if (context.signal.aborted || !isFailure(error)) throw error
    return error
  }
}
