import type { Applied } from '../../runtime/apply.ts'
import { isChange, type Plan } from '../../runtime/plan.ts'
import { confirm } from '../confirm.ts'
import type { ExitCode, Io } from '../io.ts'
import { makePlan, type Operation, openForRemoval, type TargetOptions } from '../operate.ts'
import { appliedJson, planText } from '../views/plan.ts'
import { alone, applyFresh, reportApplied, sourceTopic, stoppable } from './apply.ts'

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
  const applied = await stoppable(execute(operation, plan, io), io)
  return reportApplied(plan, applied, options, io)
}

/** An apply beside it would start what this one ends; without the source topic there can be none. */
function execute(operation: Operation, plan: Plan, io: Io): Promise<Applied> {
  const work = () => applyFresh(operation, plan, io, true)
  const { address } = sourceTopic(operation)
  return plan.changes.some((each) => each.address === address) ? alone(operation, io, work) : work()
}
