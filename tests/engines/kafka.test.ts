/** The Kafka engine on a real broker of its own: topics, their marks, reading, and every way to be let in or not. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tail } from '../../cli/commands/tail.ts'
import { type Io, ReaderGone } from '../../cli/io.ts'
import type { TopicResource } from '../../compiler/manifest.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { kafka } from '../../runtime/engines/kafka.ts'
import { openKafka, withAdmin } from '../../runtime/engines/kafka-client.ts'
import { produceBatches } from '../../runtime/engines/kafka-produce.ts'
import { groupLag, readTopic, topicOffsets } from '../../runtime/engines/kafka-read.ts'
import type { TopicRecord } from '../../runtime/engines/kafka-reading.ts'
import { type OwnBroker, startBroker, user } from '../fixtures/own-broker.ts'
import { contextAt, failureOf, named, topicOf } from './kafka-lab.ts'
import { needs, titled } from './needs.ts'

const forever = new AbortController().signal
let broker: OwnBroker

function contextOf(pipeline: string, endpoint = broker.endpoint): Context {
  return contextAt(endpoint, pipeline)
}

/** Observes, compares and applies one topic; what it did, and what it said while doing it. */
async function converge(desired: TopicResource | null, address: string, context: Context) {
  const actual = await kafka.observe(desired === null ? [] : [desired], context)
  const found = actual.find((one) => one.address === address) ?? null
  if (desired === null && found === null) return { action: 'unseen', fields: [], said: [] }
  const change = kafka.compare(desired, found)
  const said: string[] = []
  await kafka.apply(change, context, {
    update: (_, detail) => void said.push(detail ?? ''),
    finish: () => {},
    fail: () => {},
  })
  return { action: change.action, fields: change.fields.map(({ field }) => field), said }
}

async function settings(topic: string): Promise<Record<string, string>> {
  const { resources } = await withAdmin(broker.endpoint, (admin) =>
    admin.describeConfigs({ resources: [{ type: 2, name: topic }], includeSynonyms: false }),
  )
  return Object.fromEntries(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
}

async function makeForeign(
  topic: string,
  partitions: number,
  config: Record<string, string> = {},
): Promise<void> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  await withAdmin(broker.endpoint, (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] }),
  )
}

async function topicNames(): Promise<string[]> {
  return withAdmin(broker.endpoint, (admin) => admin.listTopics())
}

/** As managed Kafkas forbid settings: a policy of the broker's own. */
const policy = `
import java.util.Map;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;
public class NoFlush implements CreateTopicPolicy {
  public void configure(Map<String, ?> settings) {}
  public void close() {}
  public void validate(RequestMetadata topic) {
    if (topic.configs().containsKey("flush.messages")) throw new PolicyViolationException("flush.messages is not allowed");
  }
}`

/** kafkajs's numbers: on a topic, of this very name, for any host, allowed. */
function right(topic: string, operation: number, pattern = 3) {
  const resource = { resourceType: 2, resourceName: topic, resourcePatternType: pattern }
  return { ...resource, principal: `User:${user.username}`, host: '*', operation, permissionType: 3 }
}

const describeOnly = 8

/** Read, write, create, delete, alter, describe, and describe and alter settings, below a prefix. */
function everyRight(prefix: string) {
  return [3, 4, 5, 6, 7, 8, 10, 11].map((operation) => right(prefix, operation, 4))
}

function compilePolicy(classPath: string, folder: string): string {
  writeFileSync(join(folder, 'NoFlush.java'), policy)
  execFileSync('javac', ['-cp', classPath, '-d', folder, join(folder, 'NoFlush.java')])
  return folder
}

describe.skipIf(needs.ownProcesses !== null)(titled('a real Kafka', needs.ownProcesses), () => {
  beforeAll(async () => {
    broker = await startBroker({ secured: true })
  }, 120_000)

  afterAll(() => broker.remove())

  describe('topics', () => {
    test('are made, left alone, raised, configured and deleted', async () => {
      const [topic, context] = [named('own'), contextOf(named('p'))]
      const desired = topicOf(topic)
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'create' })
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
      const raised = topicOf(topic, { partitions: 5 })
      expect(await converge(raised, desired.address, context)).toMatchObject({
        action: 'update',
        fields: ['partitions'],
      })
      expect(await topicOffsets(broker.endpoint, topic)).toHaveLength(5)
      expect(await converge(null, desired.address, context)).toMatchObject({ action: 'delete' })
      expect(await topicNames()).not.toContain(topic)
    })

    test('drift of one setting is put right, and no other setting is lost by it', async () => {
      const [topic, context] = [named('drift'), contextOf(named('p'))]
      const desired = topicOf(topic)
      await converge(desired, desired.address, context)
      const marked = await settings(topic)
      await withAdmin(broker.endpoint, (admin) =>
        admin.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: 2,
              name: topic,
              configEntries: [
                { name: 'retention.ms', value: '1000' },
                { name: 'max.message.bytes', value: '2000000' },
                { name: 'flush.messages', value: marked['flush.messages']! },
              ],
            },
          ],
        }),
      )
      // The controller has said yes; the broker that is asked hears of it a moment later.
      while ((await settings(topic))['retention.ms'] !== '1000') await sleep(20)
      expect(await converge(desired, desired.address, context)).toMatchObject({
        action: 'update',
        fields: ['retention.ms'],
      })
      expect(await settings(topic)).toMatchObject({
        'retention.ms': '-1',
        'max.message.bytes': '2000000',
        'flush.messages': marked['flush.messages'],
      })
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
    })

    test('a create that was carried out and whose answer was lost is found out', async () => {
      const [topic, context] = [named('lost'), contextOf(named('p'))]
      const desired = topicOf(topic)
      const create = kafka.compare(desired, null)
      const step = { update: () => {}, finish: () => {}, fail: () => {} }
      await kafka.apply(create, context, step)
      await kafka.apply(create, context, step)
      await kafka.apply(kafka.compare(topicOf(topic, { partitions: 4 }), null), context, step)
      expect(await topicOffsets(broker.endpoint, topic)).toHaveLength(4)
    })

    test('two that make the same topics at once both succeed', async () => {
      const [topic, context] = [named('twice'), contextOf(named('p'))]
      const desired = topicOf(topic)
      await Promise.all([1, 2, 3].map(() => converge(desired, desired.address, context)))
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
    })

    test('what others made is neither altered nor deleted', async () => {
      const [topic, context] = [named('foreign'), contextOf(named('p'))]
      await makeForeign(topic, 2, { 'retention.ms': '5000' })
      const before = await settings(topic)
      const desired = topicOf(topic)
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
      expect(await converge(null, desired.address, context)).toMatchObject({ action: 'unseen' })
      expect(await settings(topic)).toEqual(before)
      expect(await topicNames()).toContain(topic)
    })

    test('a delete that was planned leaves what somebody else has put in its place', async () => {
      const [topic, context] = [named('swapped'), contextOf(named('p'))]
      const desired = topicOf(topic)
      await converge(desired, desired.address, context)
      const [actual] = await kafka.observe([], context)
      const planned = kafka.compare(null, actual!)
      await withAdmin(broker.endpoint, (admin) => admin.deleteTopics({ topics: [topic] }))
      await expect.poll(topicNames).not.toContain(topic)
      await makeForeign(topic, 1)
      await kafka.apply(planned, context, { update: () => {}, finish: () => {}, fail: () => {} })
      expect(await topicNames()).toContain(topic)
    })

    test('a topic of another pipeline is another’s', async () => {
      const topic = named('neighbour')
      const [mine, theirs] = [contextOf(named('p')), contextOf(named('p'))]
      const desired = topicOf(topic)
      await converge(desired, desired.address, theirs)
      expect(await kafka.observe([], mine)).toEqual([])
      expect(await kafka.observe([], theirs)).toMatchObject([{ address: desired.address, status: 'running' }])
      expect(await converge(null, desired.address, mine)).toMatchObject({ action: 'unseen' })
      expect(await topicNames()).toContain(topic)
    })

    test('what Kafka cannot do, or would make results wrong, is refused with what to do', async () => {
      const context = contextOf(named('p'))
      const [own, compacted] = [named('shrink'), named('compacted')]
      await converge(topicOf(own, { partitions: 4 }), `kafka.topic.${own}`, context)
      expect(await failureOf(converge(topicOf(own), `kafka.topic.${own}`, context))).toContain(
        'cannot take partitions away',
      )
      await makeForeign(compacted, 2, { 'cleanup.policy': 'compact' })
      expect(await failureOf(converge(topicOf(compacted), `kafka.topic.${compacted}`, context))).toContain(
        'cleanup.policy=delete',
      )
    })

    test('what the broker complains of is told in its words', async () => {
      const topic = named('wrong')
      const desired = topicOf(topic, { config: { 'retention.ms': 'for ever' } })
      expect(await failureOf(converge(desired, desired.address, contextOf(named('p'))))).toMatch(
        /INVALID_CONFIG/,
      )
      expect(await topicNames()).not.toContain(topic)
    })

    test('ksqlDB’s topic is never made', async () => {
      const topic = named('sink')
      const desired = topicOf(topic, { create: false, config: {} })
      expect(await converge(desired, desired.address, contextOf(named('p')))).toMatchObject({
        action: 'unchanged',
      })
      expect(await topicNames()).not.toContain(topic)
    })
  })

  test('a user who may see and change a few topics only gets by with those', async () => {
    const config = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    }
    const guarded = await startBroker({ secured: true, config })
    try {
      await withAdmin(guarded.endpoint, async (admin) => {
        await admin.createTopics({ topics: ['a-seen', 'b-seen', 'hidden'].map((topic) => ({ topic })) })
        await admin.createAcls({
          acl: [...everyRight('p-'), right('a-seen', describeOnly), right('b-seen', describeOnly)],
        })
      })
      const context = contextOf('p', guarded.secured!)
      const desired = topicOf('p-t')
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'create' })
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
      const denied = topicOf('q-t')
      expect(await failureOf(converge(denied, denied.address, context))).toMatch(
        /TOPIC_AUTHORIZATION_FAILED.*Grant/,
      )
      expect(await kafka.observe([], context)).toMatchObject([{ address: desired.address }])
      expect(await converge(null, desired.address, context)).toMatchObject({ action: 'delete' })
    } finally {
      await guarded.remove()
    }
  }, 120_000)

  test('where the mark is forbidden the topic is made without, and said to be left by destroy', async () => {
    const config = { 'create.topic.policy.class.name': 'NoFlush' }
    const strict = await startBroker({ config, classes: compilePolicy })
    try {
      const context = contextOf('p', strict.endpoint)
      const desired = topicOf('t')
      const made = await converge(desired, desired.address, context)
      expect(made).toMatchObject({ action: 'create', said: [expect.stringContaining('destroy will leave')] })
      expect(await converge(desired, desired.address, context)).toMatchObject({ action: 'unchanged' })
      expect(await kafka.observe([], context)).toEqual([])
    } finally {
      await strict.remove()
    }
  }, 120_000)

  describe('reading', () => {
    async function all(topic: string, range: Parameters<typeof readTopic>[2]): Promise<TopicRecord[]> {
      const records: TopicRecord[] = []
      await readTopic(broker.endpoint, topic, range, (record) => void records.push(record), forever)
      return records
    }

    function batch(partition: number, count: number, prefix = 'v') {
      const records = Array.from({ length: count }, (_, index) => ({
        key: `k${index}`,
        value: `${prefix}${index}`,
      }))
      return { partition, records }
    }

    test('an empty topic, and every record once and in order', async () => {
      const topic = named('read')
      await makeForeign(topic, 3)
      expect(await all(topic, { from: 'beginning', until: 'end' })).toEqual([])
      await produceBatches(broker.endpoint, topic, [batch(0, 5), batch(2, 3), batch(0, 2, 'w')], forever)
      const records = await all(topic, { from: 'beginning', until: 'end' })
      expect(records.filter(({ partition }) => partition === 0).map(({ value }) => value)).toEqual([
        'v0',
        'v1',
        'v2',
        'v3',
        'v4',
        'w0',
        'w1',
      ])
      expect(records).toHaveLength(10)
      const later = await all(topic, { from: [5, 0, 2], until: 'end' })
      expect(later.map(({ partition, offset }) => `${partition}:${offset}`).sort()).toEqual([
        '0:5',
        '0:6',
        '2:2',
      ])
    })

    test('aborted transactions are not seen, and their markers do not keep a reader waiting', async () => {
      const topic = named('transactions')
      await makeForeign(topic, 1)
      const producer = (await openKafka(broker.endpoint)).producer({
        transactionalId: topic,
        idempotent: true,
        maxInFlightRequests: 1,
      })
      await producer.connect()
      for (const [value, end] of [
        ['kept', 'commit'],
        ['dropped', 'abort'],
      ] as const) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [{ value }] })
        await transaction[end]()
      }
      await producer.disconnect()
      expect((await all(topic, { from: 'beginning', until: 'end' })).map(({ value }) => value)).toEqual([
        'kept',
      ])
      expect(await topicOffsets(broker.endpoint, topic)).toEqual([{ partition: 0, begin: 0, end: 4 }])
    })

    test('tail shows the newest, or the first, and ends after so many', async () => {
      const topic = named('tail')
      await makeForeign(topic, 1)
      await produceBatches(broker.endpoint, topic, [batch(0, 30)], forever)
      const newest = await tailed({ topic, records: 2, fromBeginning: false, json: true })
      expect(newest.map((line) => JSON.parse(line).value)).toEqual(['v28', 'v29'])
      const first = await tailed({ topic, records: 2, fromBeginning: true, json: false })
      expect(first[1]).toMatch(/^0:1 +\d{4}-.*Z {2}k1 {2}v1$/)
    })

    async function tailed(options: Parameters<typeof tail>[0]): Promise<string[]> {
      let text = ''
      const stream = async (more: string): Promise<void> => {
        text += more
      }
      await tail(options, broker.endpoint, { stream, signal: forever } as Partial<Io> as Io)
      return text.trimEnd().split('\n')
    }

    test('tail ends when its reader has gone', async () => {
      const topic = named('tail')
      await makeForeign(topic, 1)
      await produceBatches(broker.endpoint, topic, [batch(0, 30)], forever)
      const lines: string[] = []
      const stream = async (line: string): Promise<void> => {
        if (lines.push(line) === 2) throw new ReaderGone()
      }
      const options = { topic, records: null, fromBeginning: true, json: true }
      const work = tail(options, broker.endpoint, { stream, signal: forever } as Partial<Io> as Io)
      await expect(work).rejects.toBeInstanceOf(ReaderGone)
      expect(lines).toHaveLength(2)
    })

    test('the lag of a group is what it has not read', async () => {
      const topic = named('lag')
      await makeForeign(topic, 2)
      await produceBatches(broker.endpoint, topic, [batch(0, 7), batch(1, 3)], forever)
      expect(await groupLag(broker.endpoint, topic, topic)).toBeNull()
      await withAdmin(broker.endpoint, (admin) =>
        admin.setOffsets({ groupId: topic, topic, partitions: [{ partition: 0, offset: '5' }] }),
      )
      expect(await groupLag(broker.endpoint, topic, topic)).toBe(5)
    })

    test('a connection that waits lets the machine sleep', async () => {
      await withAdmin(broker.endpoint, async (admin) => {
        await admin.listTopics()
        await sleep(300)
        const before = process.cpuUsage()
        await sleep(1_000)
        const { user, system } = process.cpuUsage(before)
        expect(user + system).toBeLessThan(25_000)
      })
    })

    test('readers leave no group behind', async () => {
      const { groups } = await withAdmin(broker.endpoint, (admin) => admin.listGroups())
      expect(groups.filter(({ groupId }) => groupId.startsWith('pipec-read-'))).toEqual([])
    })
  })

  describe('being let in', () => {
    function list(endpoint: KafkaEndpoint): Promise<string[]> {
      return withAdmin(endpoint, (admin) => admin.listTopics())
    }

    function secured(more: Partial<NonNullable<KafkaEndpoint['security']>> = {}): KafkaEndpoint {
      const endpoint = broker.secured!
      return { ...endpoint, security: { ...endpoint.security!, ...more } }
    }

    test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('by %s over TLS', async (mechanism) => {
      expect(await list(secured({ mechanism }))).toBeInstanceOf(Array)
    })

    test('by TLS alone', async () => {
      expect(await list(broker.encrypted!)).toBeInstanceOf(Array)
    })

    test('not with a wrong password, which no message repeats', async () => {
      for (const mechanism of ['PLAIN', 'SCRAM-SHA-512'] as const) {
        const message = await failureOf(list(secured({ mechanism, password: 'not the one' })))
        expect(message).toContain('refused the login')
        expect(message).not.toContain('not the one')
        expect(message).not.toContain(user.password)
      }
    })

    test('not without the authority that signed the certificate', async () => {
      expect(await failureOf(list(secured({ ca: null })))).toMatch(
        /cannot be trusted: self-signed certificate\. .*`ca`/,
      )
      expect(await failureOf(list(secured({ ca: '/no/such.pem' })))).toContain(
        '"/no/such.pem" cannot be read',
      )
    })

    test('not with another protocol than the port speaks', async () => {
      expect(await failureOf(list({ ...broker.encrypted!, security: null }))).toContain(
        'broke off the connection',
      )
      expect(await failureOf(list(secured({ protocol: 'SASL_PLAINTEXT' })))).toContain(
        'broke off the connection',
      )
    })

    test('nobody is there, or there is no such host, or no port', async () => {
      const at = (bootstrapServers: string): KafkaEndpoint => ({ ...broker.endpoint, bootstrapServers })
      expect(await failureOf(list(at('127.0.0.1:1')))).toMatch(
        /cannot be reached: connect ECONNREFUSED .*pipec up/,
      )
      expect(await failureOf(list(at('no-such-host.invalid:9092')))).toContain('cannot be found')
      expect(await failureOf(list(at('localhost')))).toContain('host:port')
    })

    test('somebody else answers', async () => {
      const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
        0,
        '127.0.0.1',
      )
      await new Promise((listening) => other.once('listening', listening))
      const { port } = other.address() as { port: number }
      const work = list({ ...broker.endpoint, bootstrapServers: `127.0.0.1:${port}` })
      expect(await failureOf(work)).toMatch(/broker/)
      other.close()
    }, 60_000)

    test('an interruption is not waited out', async () => {
      const silentServer = createServer(() => {}).listen(0, '127.0.0.1')
      await new Promise((listening) => silentServer.once('listening', listening))
      const { port } = silentServer.address() as { port: number }
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 200)
      const endpoint = { ...broker.endpoint, bootstrapServers: `127.0.0.1:${port}` }
      const began = Date.now()
      const work = withAdmin(endpoint, (admin) => admin.listTopics(), stop.signal)
      await expect(work).rejects.toThrow('aborted')
      expect(Date.now() - began).toBeLessThan(3_000)
      silentServer.close()
    })
  })
})
