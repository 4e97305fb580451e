import { apply as applyChanges } from '../../runtime/apply.ts'
import { isChange, type Plan } from '../../runtime/plan.ts'
import { confirm } from '../confirm.ts'
import type { ExitCode, Io } from '../io.ts'
import { makePlan, openForRemoval, type TargetOptions } from '../operate.ts'
import { appliedJson, planText } from '../views/plan.ts'
import { reportApplied, stoppable } from './apply.ts'

export interface DestroyOptions extends TargetOptions {
  readonly yes: boolean
  readonly json: boolean
}

/** Removes what apply made under this pipeline's name, last made first, and nothing else. */
export async function destroy(options: DestroyOptions, io: Io): Promise<ExitCode> {
  const operation = await openForRemoval(options, io)
  if (operation === null) return 1
  const everything = await makePlan(operation, true)
  const plan: Plan = {
    ...everything,
    changes: everything.changes.filter((each) => each.action !== 'unchanged'),
  }
  if (!plan.changes.some(isChange)) {
    for (const note of plan.notes) io.err(`${note}\n`)
    await io.out(
      options.json
        ? `${JSON.stringify(appliedJson(plan, { done: [], failed: null, left: [] }))}\n`
        : 'Nothing of this pipeline is there.\n',
    )
    return 0
  }
  io.err(planText(plan, io.color))
  if (!options.yes && !(await confirm(`Remove all of this from ${plan.environment}?`, io))) return 1
  const work = applyChanges(plan.changes, operation.engines, operation.context, io.progress)
  const applied = await stoppable(work, io)
  return reportApplied(plan, applied, options, io)
}
