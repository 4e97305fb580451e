import { expect, test } from 'vitest'
import { apply } from '../../runtime/apply.ts'
import type { Action, Actual, Change, Context, Engine } from '../../runtime/engines/engine.ts'
import { Failure } from '../../runtime/failure.ts'
import { silent } from '../../runtime/progress.ts'

const context: Context = {
  pipeline: 'p',
  endpoints: {
    environment: 'local',
    kafka: { bootstrapServers: 'nowhere:1', engineBootstrapServers: 'nowhere:1', security: null },
    flink: null,
    ksqldb: null,
    spark: null,
    pinot: null,
  },
  read: () => '',
  signal: new AbortController().signal,
  now: () => 0,
}

function change(name: string, action: Action, status: Actual['status'] | null = null): Change {
  const address = `spark.job.${name}`
  const actual: Actual | null =
    status === null
      ? null
      : { address, kind: 'spark-job', hash: null, status, summary: '', position: null, detail: null }
  return { address, engine: 'spark', action, reason: '', fields: [], state: null, desired: null, actual }
}

/** Takes note of what it is to do, and fails at some of it. */
function engine(failing: readonly string[] = []) {
  const seen: string[] = []
  const spark: Engine = {
    key: 'spark',
    kinds: ['spark-job'],
    observe: async () => [],
    compare: () => change('x', 'unchanged'),
    apply: async ({ action, address }) => {
      seen.push(`${action} ${address}`)
      if (failing.includes(address)) throw new Failure('It does not run.')
    },
  }
  return { seen, spark }
}

const changes = [
  change('runs', 'unchanged', 'running'),
  change('starts', 'unchanged', 'starting'),
  change('new', 'create'),
  change('late', 'unchanged', 'starting'),
]

test('what still starts is waited for in its place, and is no change', async () => {
  const { seen, spark } = engine()
  const { done, failed, left } = await apply(changes, [spark], context, silent)
  expect(seen).toEqual(['unchanged spark.job.starts', 'create spark.job.new', 'unchanged spark.job.late'])
  expect([done, failed, left]).toEqual([[changes[2]], null, []])
})

test('what starts and then fails is a failure of apply, and what comes after it is left', async () => {
  const { seen, spark } = engine(['spark.job.starts'])
  const { done, failed, left } = await apply(changes, [spark], context, silent)
  expect(seen).toEqual(['unchanged spark.job.starts'])
  expect(failed).toMatchObject({ change: changes[1], failure: { message: 'It does not run.' } })
  expect([done, left]).toEqual([[], [changes[2]]])
})
