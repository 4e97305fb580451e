/** ksqlDB over its REST interface: a stream and a table a pipeline, made anew whenever they have to change. */
import type { KsqldbQueryResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context, Engine } from './engine.ts'
import { type Patience, patience, Session } from './ksqldb-client.ts'
import { refuseOtherKafka } from './ksqldb-cluster.ts'
import { compareQuery, type KsqldbChange } from './ksqldb-compare.ts'
import { dryRun, execute, type Work } from './ksqldb-execute.ts'
import { type Names, namesOf } from './ksqldb-identity.ts'
import {
  asActual,
  isEmpty,
  type KsqldbActual,
  type Live,
  look,
  markOfAll,
  observe,
} from './ksqldb-observe.ts'
import { creation, removal, resumption, type Step } from './ksqldb-steps.ts'
import { untilRunning } from './ksqldb-wait.ts'

export type KsqldbQueryEngine = Engine<KsqldbQueryResource, KsqldbActual>

export const ksqldb: KsqldbQueryEngine = ksqldbWith(patience)

/** The engine, waiting as long as the caller likes. */
export function ksqldbWith(patience: Patience): KsqldbQueryEngine {
  return {
    key: 'ksqldb',
    kinds: ['ksqldb-query'],
    observe: async (_desired, context) => observe(new Session(context, patience), context),
    compare: compareQuery,
    apply: async (change, context, step) => apply(change, context, new Session(context, patience), step),
  }
}

async function apply(
  change: KsqldbChange,
  context: Context,
  session: Session,
  step: ProgressStep,
): Promise<void> {
  switch (change.action) {
    case 'refuse':
      throw new Failure(`${change.address}: ${change.reason}`)
    case 'delete':
      return remove(context, session, step)
    case 'unchanged':
    case 'create':
    case 'replace':
    case 'update':
      return install(change, wanted(change), context, session, step)
  }
}

function wanted({ desired }: KsqldbChange): KsqldbQueryResource {
  if (desired === null) throw new TypeError('a query to make is not described')
  return desired
}

/** Somebody else at work on the same pipeline makes one look again, but not for ever. */
const rounds = 3

/** Looks first: an apply that was interrupted, or whose answers were lost, is gone on with from what is there now. */
async function install(
  change: KsqldbChange,
  desired: KsqldbQueryResource,
  context: Context,
  session: Session,
  progress: ProgressStep,
): Promise<void> {
  const names = namesOf(context.pipeline)
  await refuseOtherKafka(session, context)
  for (let round = 1; ; round++) {
    const live = await look(session, names)
    if (round === 1) refuseDrift(change, live)
    const steps = stepsTo(desired, live, names, context)
    const work: Work = { session, names, steps, line: desired.line }
    if (await carriedOut(work, progress)) return untilRunning(session, names, desired, live)
    if (round === rounds) throw contested(desired.name)
  }
}

/** None when it is there already and runs, or is about to. */
function stepsTo(desired: KsqldbQueryResource, live: Live, names: Names, context: Context): readonly Step[] {
  const { action } = compareQuery(desired, isEmpty(live) ? null : asActual(live, context.pipeline))
  if (action === 'unchanged') return []
  if (action === 'update') return resumption(live)
  return [...removal(live, names, { results: 'keep' }), ...creation(desired, context.read(desired.file))]
}

/** What runs now is what the plan was made for, or what it is about to make. */
function refuseDrift({ address, actual, desired }: KsqldbChange, live: Live): void {
  if (live.queries.length === 0) return
  const now = markOfAll(live)?.hash ?? null
  if (now !== null && now === desired?.hash) return
  const planned = actual !== null && actual.detail.queries.length > 0 && now === actual.hash
  if (planned) return
  throw new Failure(`${address} has changed since it was planned: somebody else is at work on it.`, {
    next: 'Run `pipec plan` again. Nothing was changed in ksqlDB.',
  })
}

async function remove(context: Context, session: Session, progress: ProgressStep): Promise<void> {
  const names = namesOf(context.pipeline)
  for (let round = 1; ; round++) {
    const steps = removal(await look(session, names), names, { results: 'delete' })
    if (await carriedOut({ session, names, steps, line: null }, progress)) return
    if (round === rounds) throw contested(names.source)
  }
}

/** False when somebody else got in between. */
async function carriedOut(work: Work, progress: ProgressStep): Promise<boolean> {
  if (work.steps.length === 0) return true
  await dryRun(work)
  for (const [done, step] of work.steps.entries()) {
    progress.update(done, `${step.kind} ${step.name}`)
    work.session.server.signal.throwIfAborted()
    if ((await execute(work, step)) === 'moved') return false
  }
  return true
}

function contested(name: string): Failure {
  return new Failure(`Somebody else keeps changing ${name} in ksqlDB.`, {
    next: 'See that only one apply runs at a time, then apply again.',
  })
}
