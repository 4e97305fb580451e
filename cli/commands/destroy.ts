import type { Applied } from '../../runtime/apply.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { isFailure } from '../../runtime/failure.ts'
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
  // Who was not shown a list to say yes to wants all of it gone, whatever an apply has made meanwhile.
  const said = options.yes ? null : plan
  const applied = await stoppable(execute(operation, said, io), io)
  return reportApplied(plan, applied, { ...options, command: 'destroy' }, io)
}

/** An apply beside it would start what this one ends. Without the source topic, or without Kafka, no apply comes that far. */
async function execute(operation: Operation, said: Plan | null, io: Io): Promise<Applied> {
  let begun = false
  const work = (): Promise<Applied> => {
    begun = true
    return applyFresh(operation, { said, nothing: true, command: 'destroy' }, io)
  }
  if (!(await mayLock(operation))) return work()
  try {
    return await alone(operation, io, work)
  } catch (error) {
    // Another destroy may have taken the topic away while this one waited.
    if (begun || io.signal.aborted || !isFailure(error) || (await mayLock(operation))) throw error
    return work()
  }
}

async function mayLock(operation: Operation): Promise<boolean> {
  const { topic } = sourceTopic(operation)
  const { endpoints, signal } = operation.context
  try {
    return (await withAdmin(endpoints.kafka, (admin) => admin.listTopics(), signal)).includes(topic)
  } catch (error) {
    if (signal.aborted || !isFailure(error)) throw error
    return false
  }
}
