import type { TopicResource } from '../../compiler/manifest.ts'
import { type Applied, apply as applyChanges } from '../../runtime/apply.ts'
import type { Change } from '../../runtime/engines/engine.ts'
import { withLock } from '../../runtime/engines/kafka-lock.ts'
import { Failure, isFailure } from '../../runtime/failure.ts'
import { isChange, isWork, type Plan, unsaid } from '../../runtime/plan.ts'
import { confirm } from '../confirm.ts'
import type { ExitCode, Io } from '../io.ts'
import { makePlan, type Operation, openOperation, type TargetOptions } from '../operate.ts'
import { appliedJson, planText } from '../views/plan.ts'

export interface ApplyOptions extends TargetOptions {
  readonly yes: boolean
  readonly json: boolean
}

/** Makes the live engines match generated/, in order. */
export async function apply(options: ApplyOptions, io: Io): Promise<ExitCode> {
  const operation = await openOperation(options, io)
  if (operation === null) return 1
  const plan = await makePlan(operation)
  if (!plan.changes.some(isWork))
    return reportApplied(plan, { done: [], failed: null, left: [] }, { ...options, command: 'apply' }, io)
  const changes = plan.changes.some(isChange)
  if (changes && !options.json) io.err(planText(plan, io.color))
  const { environment } = plan
  const asks = changes && !options.yes && environment !== 'local'
  if (asks && !(await confirm(`Apply this to ${environment}?`, io))) return 1
  const applied = await stoppable(execute(operation, plan, io), io)
  return reportApplied(plan, applied, { ...options, command: 'apply' }, io)
}

/** Ctrl-C ends the work where it is: the user is told what that means. */
export async function stoppable(work: Promise<Applied>, io: Io): Promise<Applied> {
  try {
    return await work
  } catch (error) {
    if (io.signal.aborted)
      io.err('Interrupted: what was done stays; run the command again to go on from here.\n')
    throw error
  }
}

/**
 * Topics first: making one is atomic. From then on only one apply is at work, and what it does goes by a fresh look,
 * since another one may have been faster.
 */
export async function execute(operation: Operation, plan: Plan, io: Io): Promise<Applied> {
  const { context, engines } = operation
  const topics = plan.changes.filter((each) => each.engine === 'kafka' && each.action !== 'delete')
  const first = await applyChanges(refusalsFirst(plan, topics), engines, context, io.progress)
  const rest = plan.changes.filter((each) => !topics.includes(each) && isWork(each))
  if (first.failed !== null || rest.length === 0)
    return { ...first, left: [...first.left, ...rest.filter(isChange)] }
  const work = () => applyFresh(operation, { said: plan, nothing: false, command: 'apply' }, io)
  const second = await alone(operation, io, work).catch((error: unknown) => notBegun(rest, error, io))
  return { ...second, done: [...first.done, ...second.done] }
}

/** Without the lock, or a look at what is there, the next step cannot begin; what was done before it is still told. */
function notBegun([change, ...left]: readonly Change[], error: unknown, io: Io): Applied {
  if (change === undefined || io.signal.aborted || !isFailure(error)) throw error
  return { done: [], failed: { change, failure: error }, left: left.filter(isChange) }
}

/** Runs the work while no other apply or destroy of the pipeline does. Its source topic has to be there. */
export function alone<T>(operation: Operation, io: Io, work: () => Promise<T>): Promise<T> {
  const { context } = operation
  const lock = {
    endpoint: context.endpoints.kafka,
    pipeline: context.pipeline,
    topic: sourceTopic(operation).topic,
    signal: context.signal,
    since: context.now(),
    onWait: () =>
      io.progress.note('Another apply or destroy of this pipeline is at work; waiting for it to end.'),
  }
  return withLock(lock, work)
}

interface Fresh {
  /** What the user was told; null where anything may be done that the fresh look asks for. */
  readonly said: Plan | null
  /** Whether nothing is wanted any more. */
  readonly nothing: boolean
  readonly command: Command
}

type Command = 'apply' | 'destroy'

/** Goes by what is there now, unless that would end what the user was not told of. */
export async function applyFresh(operation: Operation, fresh: Fresh, io: Io): Promise<Applied> {
  const plan = await makePlan(operation, fresh.nothing)
  const [odd] = fresh.said === null ? [] : unsaid(fresh.said, plan)
  if (odd !== undefined) return moved(odd, plan, fresh.command)
  return applyChanges(plan.changes, operation.engines, operation.context, io.progress)
}

function moved(change: Change, { changes }: Plan, command: Command): Applied {
  const { action, reason } = change
  const failure = new Failure(`It has changed since it was planned; to ${action} it was not in the plan.`, {
    detail: reason,
    next: `Run \`pipec ${command === 'apply' ? 'plan' : command}\` again.`,
  })
  const left = changes.filter((each) => isChange(each) && each !== change)
  return { done: [], failed: { change, failure }, left }
}

/** One refusal anywhere means that nothing is begun. */
function refusalsFirst(plan: Plan, topics: Plan['changes']): Plan['changes'] {
  return [...plan.changes.filter((each) => each.action === 'refuse' && !topics.includes(each)), ...topics]
}

export function sourceTopic({ manifest }: Operation): TopicResource {
  const source = manifest.resources.find((each) => each.kind === 'kafka-topic' && each.role === 'source')
  if (source?.kind !== 'kafka-topic') throw new TypeError('a manifest without a source topic')
  return source
}

export async function reportApplied(
  plan: Plan,
  applied: Applied,
  options: { readonly json: boolean; readonly command: Command },
  io: Io,
): Promise<ExitCode> {
  try {
    if (options.json) await io.out(`${JSON.stringify(appliedJson(plan, applied), null, 2)}\n`)
    else if (isEmpty(applied) && !plan.changes.some(isChange)) await io.out(planText(plan, io.color))
    else await io.out(outcome(applied))
  } finally {
    // A full disk behind stdout must not hide what went wrong before it.
    if (applied.failed !== null) tellFailure(applied.failed, options.command, io)
  }
  return applied.failed === null ? 0 : 1
}

function tellFailure({ change, failure }: NonNullable<Applied['failed']>, command: Command, io: Io): void {
  const line = change.desired === null ? '' : ` (pipeline.yaml:${change.desired.line})`
  io.err(`error: ${change.address}${line}: ${failure.message}\n`)
  if (failure.detail !== null) io.err(`${failure.detail.replaceAll(/^/gm, '  ')}\n`)
  if (failure.next !== null) io.err(`${failure.next}\n`)
  io.err(`What was done stays; once the cause is mended, \`pipec ${command}\` goes on from here.\n`)
}

function isEmpty({ done, failed, left }: Applied): boolean {
  return done.length === 0 && failed === null && left.length === 0
}

function outcome(applied: Applied): string {
  if (isEmpty(applied)) return 'Another apply or destroy has done it meanwhile.\n'
  const { done, failed, left } = applied
  const lines = done.map(({ action, address }) => `${action.padEnd(9)} ${address}: done`)
  if (failed !== null) lines.push(`${failed.change.action.padEnd(9)} ${failed.change.address}: failed`)
  lines.push(...left.map(({ action, address }) => `${action.padEnd(9)} ${address}: not begun`))
  return `${lines.join('\n')}\n`
}
