import { isChange } from '../../runtime/plan.ts'
import type { ExitCode, Io } from '../io.ts'
import { makePlan, openOperation, type TargetOptions } from '../operate.ts'
import { planJson, planText } from '../views/plan.ts'

export interface PlanOptions extends TargetOptions {
  readonly json: boolean
  /** Exit 2 when there are changes. */
  readonly exitCode: boolean
}

/** What apply would change, and what that does to running state. Nothing is changed. */
export async function plan(options: PlanOptions, io: Io): Promise<ExitCode> {
  const operation = await openOperation(options, io)
  if (operation === null) return 1
  const made = await makePlan(operation)
  await io.out(options.json ? `${JSON.stringify(planJson(made), null, 2)}\n` : planText(made, io.color))
  return options.exitCode && made.changes.some(isChange) ? 2 : 0
}
