/**
 * Pipelines on Flink, several in one job: their generated statements as they stand, but that the job ends where the topic
 * does, and that their INSERTs meet in one statement set. Starting a job costs seconds, and a slot.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../../runtime/engines/engine.ts'
import { type Session, withSession } from '../../runtime/engines/flink-gateway.ts'
import { cancel, isTerminal, lastFailure, overviewOf } from '../../runtime/engines/flink-rest.ts'
import { connect } from '../../runtime/engines/flink-security.ts'
import { statements } from '../../runtime/engines/flink-statements.ts'
import type { Prepared } from './prepare.ts'

/** Runs them to the end of their input. @throws Error with what Flink said against a statement, or why the job failed. */
export async function runOnFlink(cases: readonly Prepared[], context: Context): Promise<void> {
  const parallelism = cases[0]!.of.parts.parallelism
  if (cases.some(({ of }) => of.parts.parallelism !== parallelism))
    throw new TypeError('one parallelism a job')
  const id = await withSession({}, context, async (session) => {
    const inserts: string[] = []
    for (const each of cases) inserts.push(...(await declare(session, each, context)))
    // So that what was written is committed soon after the last record.
    await say(session, "SET 'execution.checkpointing.interval' = '500ms'")
    await say(session, `SET 'pipeline.name' = 'conformance.${cases[0]!.name}'`)
    return say(session, `EXECUTE STATEMENT SET BEGIN\n${inserts.map((each) => `${each};\n`).join('')}END`)
  })
  if (id === null) throw new Error('Flink gave no job')
  await finished(id, context)
}

async function declare(
  session: Session,
  { name, output }: Prepared,
  context: Context,
): Promise<readonly string[]> {
  const all = statements(output.files.get('flink/job.sql')!)
  for (const statement of all.slice(0, -1)) await say(session, statement)
  const job = output.manifest.resources.find((each) => each.kind === 'flink-job')!
  for (const table of job.kafkaTables) await say(session, connect(table, context.endpoints.kafka))
  await say(session, `ALTER TABLE \`${name}_in\` SET ('scan.bounded.mode' = 'latest-offset')`)
  const last = all.at(-1)!
  const set = /^EXECUTE STATEMENT SET\s+BEGIN([\s\S]*)END$/.exec(last)
  return set === null ? [last] : statements(set[1]!)
}

async function say(session: Session, statement: string): Promise<string | null> {
  const answer = await session.run(statement)
  if ('rejected' in answer) throw new Error(`Flink: ${answer.rejected}\n${statement.slice(0, 4_000)}`)
  return answer.jobId
}

async function finished(id: string, context: Context): Promise<void> {
  const deadline = Date.now() + 180_000
  for (;;) {
    const { state } = await overviewOf(id, context)
    if (state === 'FINISHED') return
    const failure = state === 'RESTARTING' || isTerminal(state) ? await lastFailure(id, context) : null
    if (failure !== null || isTerminal(state)) {
      await cancel(id, context)
      throw new Error(`Flink: the job is ${state}: ${failure}`)
    }
    if (Date.now() > deadline) {
      await cancel(id, context)
      throw new Error('Flink: the job did not end within three minutes')
    }
    await sleep(200)
  }
}
