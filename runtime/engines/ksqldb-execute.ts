/** Carries out steps one at a time, and finds out by looking what became of one whose answer was lost. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import { Lost, type Response } from '../http.ts'
import {
  ask,
  type Entity,
  entitiesOf,
  entityOf,
  type Refusal,
  refusalOf,
  run,
  type Session,
} from './ksqldb-client.ts'
import type { Names } from './ksqldb-identity.ts'
import { look } from './ksqldb-observe.ts'
import type { Step } from './ksqldb-steps.ts'
import { quoted } from './ksqldb-text.ts'

export interface Work {
  readonly session: Session
  readonly names: Names
  readonly steps: readonly Step[]
  /** Of pipeline.yaml, null when what is removed stands there no more. */
  readonly line: number | null
}

/** What a valid request of several statements ends with: none of them is carried out, because the last is refused. */
const lastOfDryRun = 'TERMINATE pipec_dry_run;'
const validDryRun = 'Unknown queryId: PIPEC_DRY_RUN'

/** Has the server check all steps together without doing anything. Throws Failure with what it would refuse. */
export async function dryRun({ session, steps, line }: Work): Promise<void> {
  const text = [...steps.map(({ rehearsal }) => rehearsal), lastOfDryRun].join('\n')
  const answer = await ask(session, text, steps.at(-1)?.properties ?? {})
  if (answer.status === 200) {
    throw new Failure('ksqlDB carried out a check that it has to refuse.', {
      next: 'See that the address is that of a ksqlDB server; nothing more was done.',
    })
  }
  const refusal = refusalOf(answer)
  if (answer.status === 400 && refusal.message === validDryRun) return
  throw refused(refusal, refusal.statement, line, 'Nothing was changed in ksqlDB.')
}

/** `moved` when somebody else is at work on the same things: look again and think anew. */
export type Outcome = 'done' | 'moved'

export async function execute(work: Work, step: Step): Promise<Outcome> {
  const { session } = work
  const deadline = session.now() + session.patience.statement
  for (;;) {
    const answer = await sendOnce(work, step)
    if (answer === 'done') return finished(work, step)
    if (answer === 'lost') continue
    if (answer.status === 200) return settle(work, step, answer)
    const refusal = refusalOf(answer)
    // The server is still busy with the command before this one, and has not looked at this one.
    if (answer.status === 503 && session.now() < deadline) continue
    const outcome = await explained(work, step, refusal)
    if (outcome !== null) return outcome === 'done' ? finished(work, step) : outcome
    throw refused(
      refusal,
      step.statement,
      work.line,
      'Put it right, then apply again: what is done stays done.',
    )
  }
}

/** The answer, or after a lost one whether the step has been carried out all the same. */
async function sendOnce(work: Work, step: Step): Promise<Response | 'done' | 'lost'> {
  try {
    return await run(work.session, step.statement, step.properties)
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    return (await seen(work, step)) ? 'done' : 'lost'
  }
}

/** Whether the step's effect shows itself in time. */
async function seen({ session, names }: Work, step: Step): Promise<boolean> {
  const deadline = session.now() + session.patience.effect
  for (;;) {
    if (step.done(await look(session, names))) return true
    if (session.now() >= deadline) return false
    await sleep(session.patience.poll, undefined, { signal: session.server.signal })
  }
}

interface CommandStatus {
  readonly commandStatus: { readonly status: string; readonly message: string }
  readonly commandSequenceNumber: number
}

/** SUCCESS, ERROR, or still QUEUED, PARSING or EXECUTING. */
async function settle(work: Work, step: Step, answer: Response): Promise<Outcome> {
  const { session } = work
  const status = entityOf<CommandStatus>(session, entitiesOf(session, answer), 'currentStatus')
  const { commandStatus, commandSequenceNumber } = status
  if (commandSequenceNumber >= 0) session.sequence = commandSequenceNumber
  if (commandStatus.status === 'ERROR') {
    const refusal: Refusal = { status: 200, message: commandStatus.message, statement: null }
    throw refused(refusal, step.statement, work.line, 'Put it right, then apply again.')
  }
  if (commandStatus.status === 'SUCCESS' || (await seen(work, step))) return finished(work, step)
  throw new Failure(`ksqlDB has taken a statement, but it is still ${commandStatus.status}.`, {
    detail: step.statement,
    next: "Look at the server's log, then apply again.",
  })
}

/** What a refusal means that is none: somebody, perhaps this very apply, has done the same before. */
async function explained(work: Work, step: Step, refusal: Refusal): Promise<Outcome | null> {
  if (step.kind === 'terminate' && refusal.message.startsWith('Unknown queryId')) return 'moved'
  if (step.kind !== 'create' || !/with the same name already exists/.test(refusal.message)) return null
  if (!step.done(await look(work.session, work.names))) return 'moved'
  return step.marked || (await isSame(work.session, step, refusal)) ? 'done' : null
}

/** ksqlDB writes both statements in the same way. */
async function isSame(session: Session, step: Step, { statement }: Refusal): Promise<boolean> {
  const answer = await ask(session, `DESCRIBE ${quoted(step.name)} EXTENDED;`)
  if (answer.status !== 200) return false
  const entities: readonly Entity[] = entitiesOf(session, answer)
  const { sourceDescription } = entityOf<{ sourceDescription: { statement: string } }>(
    session,
    entities,
    'sourceDescription',
  )
  return statement !== null && withoutLayout(sourceDescription.statement) === withoutLayout(statement)
}

function withoutLayout(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim()
}

/** A topic is deleted some time after the statement that deletes it. */
async function finished({ session }: Work, { deletedTopic }: Step): Promise<Outcome> {
  if (deletedTopic === null) return 'done'
  const deadline = session.now() + session.patience.effect
  for (;;) {
    const answer = await ask(session, 'LIST TOPICS;')
    // ksqlDB looks at each topic that it lists, and answers 500 when one goes meanwhile: that is no answer yet.
    const late = session.now() >= deadline
    if ((answer.status < 500 || late) && !isListed(deletedTopic, session, answer)) return 'done'
    if (late) {
      throw new Failure(`ksqlDB was told to delete the topic "${deletedTopic}", but it is still there.`, {
        next: 'Delete the topic, or allow it (delete.topic.enable) in the broker, then apply again.',
      })
    }
    await sleep(session.patience.poll, undefined, { signal: session.server.signal })
  }
}

function isListed(topic: string, session: Session, answer: Response): boolean {
  const entities = entitiesOf(session, answer)
  const { topics } = entityOf<{ topics: readonly { name: string }[] }>(session, entities, 'kafka_topics')
  return topics.some(({ name }) => name === topic)
}

function refused({ message }: Refusal, statement: string | null, line: number | null, next: string): Failure {
  const origin = line === null ? '' : ` that comes from pipeline.yaml line ${line}`
  return new Failure(`ksqlDB refuses a statement${origin}: ${firstLine(message)}`, {
    detail: [message, statement].filter((each) => each !== null).join('\n\n'),
    next: `${remedy(message)}${next}`,
  })
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message
}

/** What to do about refusals that a user can meet. */
function remedy(message: string): string {
  const [, conflicting] =
    /A Kafka topic with the name '([^']+)' already exists, with different/.exec(message) ?? []
  if (conflicting !== undefined) {
    return `ksqlDB makes the topic "${conflicting}" itself and differently: delete it, or name another one under engines.ksqldb. `
  }
  const [, missing] = /Topic '([^']+)' does not exist/.exec(message) ?? []
  if (missing !== undefined)
    return `Make the topic "${missing}" first, as an apply without --engine does; if it is there, this ksqlDB reads another Kafka. `
  if (/^(Cannot drop|Refusing to delete topic)/.test(message))
    return 'Drop what reads from it first; pipec does not touch what is not its own. '
  return ''
}
