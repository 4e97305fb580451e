/** Every request that an apply sends meets every fault: it tells the truth, and a second apply makes one query of it. */
import { describe, expect, test, vi } from 'vitest'
import type { Context } from '../../../runtime/engines/engine.ts'
import { ksqldbWith } from '../../../runtime/engines/ksqldb.ts'
import { silent } from '../../../runtime/progress.ts'
import { FakeKsqldb, type Fault } from '../../fakes/ksqldb.ts'
import { demo } from '../../fixtures/demo.ts'
import { broken, failureOf } from '../../fixtures/faults.ts'
import { type Built, build } from '../../fixtures/ksqldb.ts'

/** Pauses are what most of the time would go into. */
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>()
  const setTimeout: typeof timers.setTimeout = (millis, ...more) =>
    timers.setTimeout((millis ?? 0) / 20, ...more)
  return { ...timers, setTimeout }
})

const engine = ksqldbWith({
  answer: 2_000,
  statement: 2_000,
  effect: 400,
  running: 2_000,
  poll: 200,
  settle: 200,
})

const query = build(demo)
const edited = build({
  ...demo,
  window: { kind: 'tumbling', size: 6_000, offset: 0, at: { start: 0, end: 0 } },
})

async function converge(fake: FakeKsqldb, desired: Built | null) {
  const kafka = { bootstrapServers: 'b:9092', engineBootstrapServers: 'b:9092', security: null }
  const auth = { username: 'me', password: 'hunter2-and-more' }
  const endpoints = { environment: 'test', kafka, flink: null, spark: null, pinot: null }
  const context: Context = {
    pipeline: demo.name,
    endpoints: { ...endpoints, ksqldb: { url: fake.url, auth } },
    read: () => desired?.text ?? '',
    signal: new AbortController().signal,
    now: Date.now,
  }
  const [actual = null] = await engine.observe(desired === null ? [] : [desired.resource], context)
  if (desired === null && actual === null) return null
  const change = engine.compare(desired?.resource ?? null, actual)
  if (change.action !== 'unchanged') await engine.apply(change, context, silent.start('', null))
  return change.action
}

const never = /hunter2|bug of pipec|ksqlDB refuses/

interface Scenario {
  readonly before: Built | null
  readonly after: Built | null
}

const scenarios: Readonly<Record<string, Scenario>> = {
  create: { before: null, after: query },
  replace: { before: query, after: edited },
  destroy: { before: query, after: null },
}

async function prepared({ before }: Scenario): Promise<FakeKsqldb> {
  const fake = await new FakeKsqldb().start()
  fake.store.topics.set('transactions', { partitions: 3, retention: '604800000' })
  if (before !== null) await converge(fake, before)
  fake.received.length = 0
  return fake
}

async function requestsOf(scenario: Scenario): Promise<readonly number[]> {
  const fake = await prepared(scenario)
  await converge(fake, scenario.after)
  await fake.stop()
  return fake.received.map((_, index) => index + 1)
}

async function holds(scenario: Scenario, fault: (nth: number) => Fault | null): Promise<void> {
  const fake = await prepared(scenario)
  const { sources, queries } = fake.store
  const [wanted, settled] = scenario.after === null ? [0, null] : [1, 'unchanged']
  try {
    fake.fault = fault
    const failure = await failureOf(converge(fake, scenario.after), never)
    expect(queries.size).toBeLessThanOrEqual(1)
    fake.fault = () => null
    const second = await converge(fake, scenario.after)
    if (failure === null) expect(second, 'the first one said that all went well').toBe(settled)
    expect([sources.size, queries.size], 'after a second one').toEqual([2 * wanted, wanted])
    expect(await converge(fake, scenario.after)).toBe(settled)
    expect(fake.store.topics.has('transactions')).toBe(true)
  } finally {
    await fake.stop()
  }
}

const faults: readonly Fault[] = ['lose', 'hang', 'drip', 'late', 'drop', 'busy', 'html', 'forbidden']

describe.each(Object.entries(scenarios))('%s, whatever request it meets:', (_, scenario) => {
  test.concurrent.each(faults)('%s once', { timeout: 120_000 }, async (fault) => {
    const met = await requestsOf(scenario)
    expect(met.length).toBeGreaterThan(3)
    expect(await broken(met, (at) => holds(scenario, (nth) => (nth === at ? fault : null)))).toEqual([])
  })

  test.concurrent('the server is gone from then on', { timeout: 120_000 }, async () => {
    const met = await requestsOf(scenario)
    expect(met.length).toBeGreaterThan(3)
    expect(await broken(met, (from) => holds(scenario, (nth) => (nth >= from ? 'drop' : null)))).toEqual([])
  })
})
