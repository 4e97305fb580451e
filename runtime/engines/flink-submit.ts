/** Runs generated/flink/job.sql in a fresh session: its tables, a check of its query, then the job itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import { Lost } from '../http.ts'
import type { Context } from './engine.ts'
import { checkpointsUri } from './flink-checkpoints.ts'
import { refused, withoutSecrets } from './flink-failure.ts'
import { type Session, withSession } from './flink-gateway.ts'
import { asParameter, parameters } from './flink-observe.ts'
import { jobsNamed } from './flink-rest.ts'
import { connect } from './flink-security.ts'
import { statements } from './flink-statements.ts'

/**
 * Gives the id of the new job. `ready` is called when Flink has accepted the query and before it starts: it ends the old
 * job and says where to go on from, so that a mistake in the query never ends a job that works.
 */
export async function submit(
  job: FlinkJobResource,
  context: Context,
  ready: () => Promise<string | null>,
): Promise<string> {
  const checkpoints = checkpointsUri(job, context)
  const properties = {
    'pipeline.global-job-parameters': ownParameters(job),
    ...(checkpoints === null ? {} : { 'execution.checkpointing.dir': checkpoints }),
  }
  return withSession(properties, context, async (session) => {
    const script = statements(context.read(job.file))
    const query = script.at(-1)
    if (query === undefined)
      throw new Failure(`generated/${job.file} is empty.`, { next: 'Run `pipec build`.' })
    await prepare(session, script.slice(0, -1), job, context)
    await say(session, `EXPLAIN ${query}`, job, context)
    const savepoint = await ready()
    if (savepoint !== null)
      await say(
        session,
        `SET 'execution.state-recovery.path' = '${savepoint.replaceAll("'", "''")}'`,
        job,
        context,
      )
    return start(session, query, job, context)
  })
}

function ownParameters({ hash, stateHash, parallelism }: FlinkJobResource): string {
  return Object.entries({
    [parameters.hash]: asParameter(hash),
    [parameters.stateHash]: asParameter(stateHash),
    [parameters.parallelism]: parallelism,
  })
    .map(([key, value]) => `${key}:${value}`)
    .join(',')
}

async function prepare(
  session: Session,
  script: readonly string[],
  job: FlinkJobResource,
  context: Context,
): Promise<void> {
  for (const statement of script) await say(session, statement, job, context)
  for (const table of job.kafkaTables) {
    await say(
      session,
      connect(table, context.endpoints.kafka),
      job,
      context,
      `-- connect \`${table}\` to the environment's Kafka`,
    )
  }
}

/** `shown` stands for the statement in messages where the statement itself holds secrets. */
async function say(
  session: Session,
  statement: string,
  job: FlinkJobResource,
  context: Context,
  shown = statement,
): Promise<string | null> {
  const answer = await session.run(statement)
  if ('rejected' in answer) throw refused(job, withoutSecrets(answer.rejected, context.endpoints), shown)
  return answer.jobId
}

async function start(
  session: Session,
  query: string,
  job: FlinkJobResource,
  context: Context,
): Promise<string> {
  const known = new Set((await jobsNamed(job.name, context)).map(({ jid }) => jid))
  try {
    const id = await say(session, query, job, context)
    if (id !== null) return id
  } catch (error) {
    if (!(error instanceof Lost)) throw error
  }
  return lookFor(job, known, context)
}

const appearance = 30_000

/** Whether the answer was lost or the statement itself: a job of our name that was not there before is the new one. */
async function lookFor(
  { name }: FlinkJobResource,
  known: ReadonlySet<string>,
  context: Context,
): Promise<string> {
  const begun = context.now()
  do {
    const found = (await jobsNamed(name, context)).find(({ jid }) => !known.has(jid))
    if (found !== undefined) return found.jid
    await sleep(500, undefined, { signal: context.signal })
  } while (context.now() - begun < appearance)
  throw new Failure(
    `Flink's answer to starting ${name} was lost, and no such job appeared within ${appearance / 1000} s.`,
    {
      next: 'Look at the SQL Gateway, then apply again: it looks before it starts anything.',
    },
  )
}

/**
 * Leaves a job in Flink's history that says that its elders were removed on purpose: a later apply would otherwise go on
 * from their last checkpoint, whose offsets mean nothing once the topics are new. Gives the id of that job.
 */
export async function leaveTombstone(name: string, context: Context): Promise<string | null> {
  const properties = {
    'pipeline.name': name,
    'pipeline.global-job-parameters': `${parameters.destroyed}:true,${parameters.hash}:none`,
    'parallelism.default': '1',
  }
  return withSession(properties, context, async (session) => {
    let id: string | null = null
    for (const statement of tombstone) {
      const answer = await session.run(statement)
      if ('rejected' in answer) {
        throw new Failure(`Flink could not note that ${name} was removed: ${answer.rejected}`)
      }
      id = answer.jobId
    }
    return id
  })
}

const tombstone = [
  "CREATE TEMPORARY TABLE `pipec_nowhere` (`x` INT) WITH ('connector' = 'blackhole')",
  'INSERT INTO `pipec_nowhere` VALUES (1)',
] as const
