/** The Kafka engine and its lock behind a network that loses, cuts, holds back and drips what a real broker answers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TopicResource } from '../../compiler/manifest.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { kafka } from '../../runtime/engines/kafka.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import type { TopicChange } from '../../runtime/engines/kafka-compare.ts'
import { withLock } from '../../runtime/engines/kafka-lock.ts'
import { markerKey, markerOf } from '../../runtime/engines/kafka-marker.ts'
import { silent } from '../../runtime/progress.ts'
import { type BrokerProxy, type Fate, startBrokerProxy } from '../fixtures/broker-proxy.ts'
import { broken, failureOf as failureOrNull } from '../fixtures/faults.ts'
import { type OwnBroker, startBroker } from '../fixtures/own-broker.ts'
import { contextAt, failureOf, named, topicOf } from './kafka-lab.ts'
import { needs, titled } from './needs.ts'

let broker: OwnBroker
const proxies: BrokerProxy[] = []

type Shape = Partial<TopicResource>

/** One step of each kind: the request that carries it out, the topic before it, and as it is wanted. */
interface Step {
  readonly request: string
  readonly before: Shape | null
  readonly wanted: Shape | null
}

const shortLived = { 'cleanup.policy': 'delete', 'retention.ms': '60000' }

const steps = {
  create: { request: 'CreateTopics', before: null, wanted: {} },
  raise: { request: 'CreatePartitions', before: {}, wanted: { partitions: 5 } },
  alter: { request: 'AlterConfigs', before: {}, wanted: { config: shortLived } },
  delete: { request: 'DeleteTopics', before: {}, wanted: null },
} satisfies Record<string, Step>

const kinds = Object.keys(steps) as (keyof typeof steps)[]

async function proxied(): Promise<BrokerProxy> {
  const proxy = await startBrokerProxy(broker.endpoint)
  proxies.push(proxy)
  return proxy
}

/** Such a step of a topic and a pipeline of its own, with the topic as it is before. */
class Trial {
  readonly topic = named('t')
  readonly pipeline = named('p')
  readonly step: Step

  constructor(step: Step) {
    this.step = step
  }

  async arrange(): Promise<void> {
    if (this.step.before === null) return
    await this.carryOut(kafka.compare(topicOf(this.topic, this.step.before), null), broker.endpoint)
    expect(await this.found()).toEqual(this.shape(this.step.before))
  }

  get wanted(): TopicResource | null {
    return this.step.wanted === null ? null : topicOf(this.topic, this.step.wanted)
  }

  /** What is to be done, by a look. */
  async plan(endpoint = broker.endpoint): Promise<TopicChange | null> {
    const desired = this.wanted
    const [found = null] = await kafka.observe(
      desired === null ? [] : [desired],
      contextAt(endpoint, this.pipeline),
    )
    return desired === null && found === null ? null : kafka.compare(desired, found)
  }

  carryOut(change: TopicChange, endpoint: KafkaEndpoint): Promise<void> {
    return kafka.apply(change, contextAt(endpoint, this.pipeline), silent.start('', null))
  }

  /** As `pipec apply` does it: looks, then does what is to be done. */
  async apply(endpoint: KafkaEndpoint): Promise<void> {
    const change = await this.plan(endpoint)
    if (change !== null) await this.carryOut(change, endpoint)
  }

  /** The topic as the broker has it, without a proxy and without the engine. */
  async found(): Promise<unknown> {
    return withAdmin(broker.endpoint, async (admin) => {
      if (!(await admin.listTopics()).includes(this.topic)) return null
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.topic] })
      const resources = [{ type: 2, name: this.topic, configNames: ['retention.ms', markerKey] }]
      const described = await admin.describeConfigs({ resources, includeSynonyms: false })
      const settings = described.resources[0]!.configEntries.map((each) => [
        each.configName,
        each.configValue,
      ])
      return { partitions: topics[0]!.partitions.length, ...Object.fromEntries(settings) }
    })
  }

  shape(shape: Shape | null): unknown {
    if (shape === null) return null
    const { partitions, config } = topicOf(this.topic, shape)
    const marker = markerOf(this.pipeline, this.topic)
    return { partitions, 'retention.ms': config['retention.ms'], [markerKey]: marker }
  }

  /** As wanted, with pipec's mark, and nothing left to do; the broker hears of a change a moment after the controller. */
  async expectDone(): Promise<void> {
    await expect.poll(() => this.found()).toEqual(this.shape(this.step.wanted))
    expect((await this.plan())?.action ?? 'unchanged').toBe('unchanged')
  }
}

/** Every look at a broker is at all of its topics. */
async function forgetTrials(): Promise<void> {
  await withAdmin(broker.endpoint, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('t-'))
    if (topics.length > 0) await admin.deleteTopics({ topics })
  })
}

/** What the first answer to this request meets. */
function first(request: string, fate: Fate): BrokerProxy['judge'] {
  return (each, nth) => (each === request && nth === 1 ? fate : 'pass')
}

function count({ requests }: BrokerProxy, request: string): number {
  return requests.filter((each) => each === request).length
}

const neverSaid = /undefined|\bnull\b|TypeError|Cannot (read|destructure)/

const title = titled('a real Kafka behind a bad network', needs.ownProcesses)

describe.skipIf(needs.ownProcesses !== null)(title, { timeout: 60_000 }, () => {
  beforeAll(async () => {
    broker = await startBroker()
  }, 120_000)
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.stop()))
    await broker.remove()
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await forgetTrials()
  })

  describe.each(kinds)('%s', (kind) => {
    const step: Step = steps[kind]

    async function arranged() {
      const [proxy, trial] = [await proxied(), new Trial(step)]
      await trial.arrange()
      const change = (await trial.plan())!
      return { proxy, trial, change }
    }

    async function expectDoneOnce(proxy: BrokerProxy, trial: Trial, change: TopicChange): Promise<void> {
      await expect.poll(() => trial.found()).toEqual(trial.shape(step.wanted))
      proxy.judge = () => 'pass'
      await trial.carryOut(change, proxy.endpoint)
      await trial.expectDone()
      expect(count(proxy, step.request)).toBe(1)
    }

    test.each(['lose', 'cut'] as const)('answered to nobody (%s): told, and not done twice', async (fate) => {
      const { proxy, trial, change } = await arranged()
      proxy.judge = first(step.request, fate)
      expect(await failureOf(trial.carryOut(change, proxy.endpoint))).toMatch(
        /^Kafka at \S+ broke off the connection: .* Try again/,
      )
      await expectDoneOnce(proxy, trial, change)
    })

    test('answered too late: told, and not done twice', async () => {
      const { proxy, trial, change } = await arranged()
      proxy.judge = first(step.request, 'hold')
      const outcome = failureOf(trial.carryOut(change, proxy.endpoint))
      await expect.poll(() => trial.found()).toEqual(trial.shape(step.wanted))
      // Fifteen seconds are not waited: the clock by which kafkajs judges leaps over them.
      const { now } = Date
      const leap = vi.spyOn(Date, 'now').mockImplementation(() => now.call(Date) + 15_001)
      expect(await outcome).toMatch(
        new RegExp(`has not answered in time: Request ${step.request}.* timed out\\. Try again`),
      )
      leap.mockRestore()
      proxy.release()
      await expectDoneOnce(proxy, trial, change)
    })

    test('answered byte by byte: done', async () => {
      const { proxy, trial, change } = await arranged()
      proxy.judge = () => 'drip'
      await trial.carryOut(change, proxy.endpoint)
      await expectDoneOnce(proxy, trial, change)
    })

    test('never come to the broker: told, not done, and done once the broker is there again', async () => {
      const { proxy, trial, change } = await arranged()
      proxy.judge = (request) => {
        if (request === step.request) void proxy.refuse()
        return 'pass'
      }
      expect(await failureOf(trial.carryOut(change, proxy.endpoint))).toContain('broke off the connection')
      expect(await failureOf(trial.carryOut(change, proxy.endpoint))).toMatch(
        /cannot be reached: connect ECONNREFUSED/,
      )
      expect(await trial.found()).toEqual(trial.shape(step.before))
      proxy.judge = () => 'pass'
      await proxy.accept()
      await trial.carryOut(change, proxy.endpoint)
      await trial.expectDone()
    })

    test('refused for half a second: waited for, and done', async () => {
      const { proxy, trial, change } = await arranged()
      await proxy.refuse()
      setTimeout(() => void proxy.accept(), 500)
      await trial.carryOut(change, proxy.endpoint)
      await expectDoneOnce(proxy, trial, change)
    })

    test('with any one answer on the way cut: told or done, and done at the second time', async () => {
      const requests = async (): Promise<number> => {
        const { proxy, trial } = await arranged()
        await trial.apply(proxy.endpoint)
        await trial.expectDone()
        return proxy.requests.length
      }
      const holds = async (at: number): Promise<void> => {
        const { proxy, trial } = await arranged()
        proxy.judge = () => (proxy.requests.length === at ? 'cut' : 'pass')
        const failure = await failureOrNull(trial.apply(proxy.endpoint), neverSaid)
        if (failure === null) return trial.expectDone()
        expect(failure.message).toMatch(/broke off the connection|does not answer as a Kafka broker/)
        await trial.apply(proxy.endpoint)
        await trial.expectDone()
      }
      const met = Array.from({ length: await requests() }, (_, index) => index + 1)
      expect(met.length).toBeGreaterThan(10)
      expect(await broken(met, holds)).toEqual([])
    })
  })

  test('a topic that another deletes between look and deletion is as well deleted', async () => {
    const [proxy, trial] = [await proxied(), new Trial(steps.delete)]
    await trial.arrange()
    const change = (await trial.plan())!
    // The last answer of the look.
    proxy.judge = (request, nth) => (request === 'ListOffsets' && nth === 2 ? 'hold' : 'pass')
    const late = trial.carryOut(change, proxy.endpoint)
    await expect.poll(() => count(proxy, 'ListOffsets')).toBe(2)
    await trial.carryOut(change, broker.endpoint)
    proxy.release()
    await late
    await trial.expectDone()
  })

  test('a topic of others that goes while a look is under way is no matter', async () => {
    const [proxy, trial] = [await proxied(), new Trial(steps.create)]
    const passing = named('passing')
    await withAdmin(broker.endpoint, (admin) => admin.createTopics({ topics: [{ topic: passing }] }))
    proxy.judge = (request, nth) => (request === 'Metadata' && nth === 2 ? 'hold' : 'pass')
    const plan = trial.plan(proxy.endpoint)
    await expect.poll(() => count(proxy, 'Metadata')).toBe(2)
    await withAdmin(broker.endpoint, (admin) => admin.deleteTopics({ topics: [passing] }))
    proxy.release()
    expect(await plan).toMatchObject({ action: 'create' })
  })

  describe.concurrent('the lock', () => {
    const topic = named('locked')
    beforeAll(() =>
      withAdmin(broker.endpoint, async (admin) => void (await admin.createTopics({ topics: [{ topic }] }))),
    )

    function locked(endpoint: KafkaEndpoint, pipeline: string, work: () => Promise<void>): Promise<void> {
      const { signal } = new AbortController()
      return withLock({ endpoint, pipeline, topic, signal, since: Date.now(), onWait: () => {} }, work)
    }

    // What the broker takes for a member that comes no more is waited for, ten seconds.
    test.each<[string, number, Fate]>([
      ['FindCoordinator', 1, 'lose'],
      ['JoinGroup', 1, 'cut'],
      ['JoinGroup', 2, 'lose'],
      ['SyncGroup', 1, 'cut'],
    ])('is given although the answer to %s %i is met by "%s"', async (request, nth, fate) => {
      const [proxy, pipeline, order] = [await proxied(), named('p'), [] as string[]]
      proxy.judge = (each, at) => (each === request && at === nth ? fate : 'pass')
      await locked(proxy.endpoint, pipeline, async () => void order.push('first'))
      await locked(broker.endpoint, pipeline, async () => void order.push('second'))
      expect(order).toEqual(['first', 'second'])
      expect(count(proxy, request)).toBeGreaterThan(nth)
    })

    // JoinGroup 3 and SyncGroup 2 are those that the other's coming makes necessary.
    test.each<[string, number, Fate]>([
      ['Heartbeat', 1, 'lose'],
      ['Heartbeat', 1, 'cut'],
      ['JoinGroup', 3, 'cut'],
      ['JoinGroup', 3, 'drip'],
      ['SyncGroup', 2, 'lose'],
    ])('is kept although the answer to %s %i is met by "%s"', async (request, nth, fate) => {
      const [proxy, pipeline, order] = [await proxied(), named('p'), [] as string[]]
      proxy.judge = (each, at) => (each === request && at === nth ? fate : 'pass')
      await expectExclusive(proxy.endpoint, pipeline, order)
      // One a second, by which the broker knows that the holder lives.
      expect(count(proxy, 'Heartbeat')).toBeGreaterThanOrEqual(3)
      expect(count(proxy, 'LeaveGroup')).toBe(1)
    })

    test('is kept although the broker could not be reached for some seconds', async () => {
      const [proxy, order] = [await proxied(), [] as string[]]
      const work = expectExclusive(proxy.endpoint, named('p'), order)
      await expect.poll(() => order, { timeout: 10_000 }).toEqual(['first in'])
      await proxy.refuse()
      await sleep(3_000)
      await proxy.accept()
      await work
    })

    /** While one works, behind the proxy, another does not, for longer than heartbeats and joining anew take. */
    async function expectExclusive(
      endpoint: KafkaEndpoint,
      pipeline: string,
      order: string[],
    ): Promise<void> {
      let another: Promise<void> = Promise.resolve()
      await locked(endpoint, pipeline, async () => {
        order.push('first in')
        another = locked(broker.endpoint, pipeline, async () => void order.push('second in'))
        await sleep(5_000)
        order.push('first out')
      })
      await another
      expect(order).toEqual(['first in', 'first out', 'second in'])
    }
  })
})
