import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Context } from '../../../runtime/engines/engine.ts'
import { ksqldbWith } from '../../../runtime/engines/ksqldb.ts'
import { silent } from '../../../runtime/progress.ts'
import { FakeKsqldb } from '../../fakes/ksqldb.ts'
import { demo } from '../../fixtures/demo.ts'
import { build } from '../../fixtures/ksqldb.ts'

/** A real one's id cannot be chosen. */
vi.mock('../../../runtime/engines/kafka-client.ts', () => ({
  withAdmin: async (_: unknown, use: (admin: unknown) => unknown) =>
    use({ describeCluster: async () => ({ clusterId: 'ours' }) }),
}))

const engine = ksqldbWith({ answer: 400, statement: 400, effect: 300, running: 600, poll: 10, settle: 10 })
const { resource, text } = build(demo)
let server: FakeKsqldb

beforeEach(async () => {
  server = await new FakeKsqldb().start()
  server.store.topics.set('transactions', { partitions: 3, retention: '604800000' })
})
afterEach(() => server.stop())

function apply(): Promise<void> {
  const kafka = { bootstrapServers: 'b:9092', engineBootstrapServers: 'b:9092', security: null }
  const ksqldb = { url: server.url, auth: null }
  const context: Context = {
    pipeline: 'transactions',
    endpoints: { environment: 'local', kafka, flink: null, ksqldb, spark: null, pinot: null },
    read: () => text,
    signal: new AbortController().signal,
    now: Date.now,
  }
  return engine.apply(engine.compare(resource, null), context, silent.start('', null))
}

test('a ksqlDB that reads another Kafka is refused before it is told anything', async () => {
  server.clusterId = 'theirs'
  await expect(apply()).rejects.toMatchObject({
    message: expect.stringMatching(/another Kafka \(cluster theirs\) than b:9092 \(cluster ours\)/),
    next: expect.stringContaining('bootstrap.servers'),
  })
  expect(server.executed).toEqual([])
})

test('one that reads this Kafka, or does not say which, is told', async () => {
  server.clusterId = 'ours'
  await apply()
  expect(server.executed.length).toBeGreaterThan(1)
})
