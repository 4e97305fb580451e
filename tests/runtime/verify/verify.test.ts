import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { compile } from '../../../compiler/compile.ts'
import { rowsQuery } from '../../../compiler/targets/duckdb/rows.ts'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import type { Endpoints } from '../../../runtime/endpoints.ts'
import type { Change, Context, Engine } from '../../../runtime/engines/engine.ts'
import { kafka } from '../../../runtime/engines/kafka.ts'
import { spark } from '../../../runtime/engines/spark.ts'
import { Failure } from '../../../runtime/failure.ts'
import { silent } from '../../../runtime/progress.ts'
import { verify } from '../../../runtime/verify/verify.ts'
import { yamlOf } from './pipelines.ts'

const order: string[] = []

vi.mock('../../../runtime/engines/kafka-produce.ts', () => ({
  openSender: async () => ({
    partitions: 2,
    send: async (partition: number) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      order.push(`sent to ${partition}`)
    },
    close: async () => {},
  }),
}))
vi.mock('../../../runtime/engines/kafka-read.ts', () => ({ readTopic: () => new Promise(() => {}) }))

const topicMaker: Engine = {
  ...(kafka as unknown as Engine),
  apply: async ({ address }: Change) => void order.push(`made ${address.replace('kafka.topic.', '')}`),
}

/** Its job begins to read when its hold is over, and then says no more. */
const sparkThatReads: Engine = {
  ...(spark as unknown as Engine),
  apply: async (_, { hold, signal }) => {
    order.push(hold === undefined ? 'spark starts' : `spark waits for ${hold.topic}`)
    while (hold?.over === false) await new Promise((resolve) => setTimeout(resolve, 5))
    signal.throwIfAborted()
    order.push('spark reads')
    throw new Failure('that is all')
  },
}

let embedded: EmbeddedEngine
beforeAll(async () => {
  embedded = await openEngine(1)
})
afterAll(() => embedded.close())

async function orderOf(partitions: number): Promise<readonly string[]> {
  order.length = 0
  const output = compile(yamlOf({ partitions })).output!
  const { pipeline, manifest, files } = output
  const signal = new AbortController().signal
  const endpoints = { environment: 'local', kafka: {}, flink: null, ksqldb: null, spark: {}, pinot: null }
  const context: Context = {
    pipeline: pipeline.name,
    endpoints: endpoints as unknown as Endpoints,
    read: (file) => files.get(file)!,
    signal,
    now: Date.now,
  }
  const value = '{"user":"ada","amount":1,"price":1.5,"weight":1.5,"status":"ok","at":1700000000000}'
  const { engines } = await verify({
    pipeline,
    manifest,
    context,
    engines: [topicMaker, sparkThatReads],
    only: 'spark',
    oracle: { engine: embedded, sql: files.get('duckdb/query.sql')!, rowsSql: rowsQuery(pipeline), signal },
    records: [{ partition: 0, key: null, value }],
    timeout: 60_000,
    progress: silent,
  })
  expect(engines.map(({ reason }) => reason)).toEqual(['that is all'])
  return order
}

test('Spark starts while records are sent, and reads several partitions when all of them are there', async () => {
  expect(await orderOf(2)).toEqual([
    'made orders',
    'spark waits for orders_spark',
    'sent to 0',
    'sent to 1',
    'made orders_spark',
    'spark reads',
  ])
})

test('of one partition it may read as they come', async () => {
  expect((await orderOf(1)).slice(0, 4)).toEqual([
    'made orders',
    'made orders_spark',
    'spark starts',
    'spark reads',
  ])
})
