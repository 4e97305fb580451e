/** Every request that an apply sends meets every fault: it tells the truth, and a second apply makes one job of it. */
import { describe, expect, test, vi } from 'vitest'
import type { FlinkJobResource } from '../../../compiler/manifest.ts'
import type { Context } from '../../../runtime/engines/engine.ts'
import { flink } from '../../../runtime/engines/flink.ts'
import { silent } from '../../../runtime/progress.ts'
import { type FakeFlink, type Fault, fakeFlink } from '../../fakes/flink.ts'
import { broken, failureOf } from '../../fixtures/faults.ts'

/** Pauses are what most of the time would go into. */
vi.mock('node:timers/promises', async (original) => {
  const timers = await original<typeof import('node:timers/promises')>()
  const setTimeout: typeof timers.setTimeout = (millis, ...more) =>
    timers.setTimeout((millis ?? 0) / 20, ...more)
  return { ...timers, setTimeout }
})

const job: FlinkJobResource = {
  kind: 'flink-job',
  address: 'flink.job.pipec.pay',
  name: 'pipec.pay',
  file: 'flink/job.sql',
  stateHash: 'sha256:00112233445566aa',
  hash: 'sha256:ffeeddccbbaa9988',
  sourceTopic: 'in',
  resultTopics: ['out'],
  group: 'pipec.pay.flink',
  parallelism: 1,
  kafkaTables: ['in'],
  line: 3,
}
const resized = { ...job, hash: 'sha256:1111111111111111', parallelism: 2 }
const otherQuery = { ...resized, stateHash: 'sha256:2222222222222222' }

const script = `SET 'pipeline.name' = 'pipec.pay';
CREATE TEMPORARY TABLE \`in\` (\`x\` INT);
INSERT INTO \`out\` SELECT * FROM \`in\`;
`

/** Its clock goes a second each time that it is looked at, so that waits in vain are short. */
function contextOf(fake: FakeFlink): Context {
  let time = 0
  return {
    pipeline: 'pay',
    endpoints: fake.endpoints,
    read: () => script,
    signal: new AbortController().signal,
    now: () => (time += 1_000),
  }
}

async function converge(fake: FakeFlink, desired: FlinkJobResource | null) {
  const context = contextOf(fake)
  const [actual = null] = await flink.observe(desired === null ? [] : [desired], context)
  if (desired === null && actual === null) return null
  const change = flink.compare(desired, actual)
  if (change.action !== 'unchanged') await flink.apply(change, context, silent.start('', null))
  return change.action
}

const never = /hunter2|bug of pipec|Flink refused/

function running({ jobs }: FakeFlink) {
  return jobs.filter(({ state }) => state === 'RUNNING')
}

interface Scenario {
  readonly before: FlinkJobResource | null
  readonly after: FlinkJobResource | null
  readonly restores: boolean
}

const scenarios: Readonly<Record<string, Scenario>> = {
  create: { before: null, after: job, restores: false },
  resize: { before: job, after: resized, restores: true },
  replace: { before: job, after: otherQuery, restores: false },
  destroy: { before: job, after: null, restores: false },
}

async function prepared({ before }: Scenario): Promise<FakeFlink> {
  const fake = await fakeFlink()
  if (before !== null) await converge(fake, before)
  fake.requests.length = 0
  return fake
}

async function requestsOf(scenario: Scenario): Promise<readonly string[]> {
  const fake = await prepared(scenario)
  await converge(fake, scenario.after)
  await fake.close()
  return fake.requests
}

async function holds(scenario: Scenario, fault: (nth: number) => Fault): Promise<void> {
  const fake = await prepared(scenario)
  try {
    fake.fault = fault
    const failure = await failureOf(converge(fake, scenario.after), never)
    const wanted = scenario.after === null ? 0 : 1
    expect(running(fake).length).toBeLessThanOrEqual(1)
    fake.fault = () => null
    if (failure === null) expect(running(fake)).toHaveLength(wanted)
    const settled = scenario.after === null ? null : 'unchanged'
    const second = await converge(fake, scenario.after)
    if (failure === null) expect(second, 'the first one said that all went well').toBe(settled)
    expect(running(fake)).toHaveLength(wanted)
    expect(await converge(fake, scenario.after)).toBe(settled)
    const [last] = running(fake)
    if (last !== undefined) expect(last.restored !== null, 'goes on').toBe(scenario.restores)
  } finally {
    await fake.close()
  }
}

/** GETs are asked again behind the engine's back, as the door's own tests show; a page of HTML is what they cannot mend. */
const once = (fault: Fault, at: number) => (nth: number) => (nth === at ? fault : null)
const faults: readonly Fault[] = ['lose', 'reset', 'busy', 'html', 'late', 'forget']

describe.each(Object.entries(scenarios))('%s, whatever request it meets:', (_, scenario) => {
  test.concurrent.each(faults)('%s once', { timeout: 120_000 }, async (fault) => {
    const requests = await requestsOf(scenario)
    const met = requests.flatMap((request, index) =>
      fault === 'html' || !request.startsWith('GET ') ? [index + 1] : [],
    )
    expect(met.length).toBeGreaterThan(3)
    expect(await broken(met, (at) => holds(scenario, once(fault, at)))).toEqual([])
  })

  test.concurrent('the server is gone from then on', { timeout: 120_000 }, async () => {
    const requests = await requestsOf(scenario)
    const dead = (from: number) => (nth: number) => (nth >= from ? 'reset' : null)
    const met = requests.map((_, index) => index + 1)
    expect(await broken(met, (from) => holds(scenario, dead(from)))).toEqual([])
  })
})

describe('a job', () => {
  test('that was accepted and failed is told by its reason, even when the answer was lost', async () => {
    const fake = await fakeFlink()
    fake.outcome = 'FAILED'
    expect((await failureOf(converge(fake, job), never))?.message).toContain('IOException: no such topic')
    expect((await failureOf(converge(fake, job), never))?.message).toContain(
      'accepted and then failed (pipeline.yaml:3)',
    )
    const insert = fake.requests.findLastIndex((each) => each.endsWith('/statements')) + 1
    const other = await fakeFlink()
    other.outcome = 'FAILED'
    const first = fake.requests.findIndex((each) => each.startsWith('DELETE'))
    const nth = fake.requests.slice(0, first).findLastIndex((each) => each.endsWith('/statements')) + 1
    expect(insert).toBeGreaterThan(nth)
    other.fault = once('lose', nth)
    expect((await failureOf(converge(other, job), never))?.message).toContain('IOException: no such topic')
    expect(other.jobs).toHaveLength(1)
    other.outcome = 'RUNNING'
    expect(await converge(other, job)).toBe('update')
    expect(running(other)).toHaveLength(1)
    await Promise.all([fake.close(), other.close()])
  })

  test('whose savepoint fails is not ended while there is nothing else to go on from', async () => {
    const fake = await fakeFlink()
    await converge(fake, job)
    fake.savepointFailure = 'CheckpointException: x\nCaused by: java.io.IOException: No space left on device'
    const failure = await failureOf(converge(fake, resized), never)
    expect(failure?.message).toContain('No space left on device')
    expect(failure?.next).toContain('was not ended')
    expect(running(fake)).toHaveLength(1)
    expect(fake.jobs).toHaveLength(1)
    fake.savepointFailure = null
    expect(await converge(fake, resized)).toBe('update')
    expect(running(fake)).toMatchObject([{ restored: `file:/savepoints/${fake.jobs[0]!.jid}` }])
    await fake.close()
  })

  test('whose savepoint fails goes on from its last checkpoint when it has one', async () => {
    const fake = await fakeFlink()
    await converge(fake, job)
    fake.jobs[0]!.savepoint = 'file:/checkpoints/7'
    fake.savepointFailure = 'java.io.IOException: No space left on device'
    expect(await converge(fake, resized)).toBe('update')
    expect(running(fake)).toMatchObject([{ restored: 'file:/checkpoints/7' }])
    await fake.close()
  })

  test('that changed between plan and apply is met as it is', async () => {
    const fake = await fakeFlink()
    const context = contextOf(fake)
    const plannedFirst = flink.compare(job, null)
    await converge(fake, job)
    await flink.apply(plannedFirst, context, silent.start('', null))
    expect(running(fake)).toHaveLength(1)

    const [actual = null] = await flink.observe([resized], context)
    const planned = flink.compare(resized, actual)
    expect(planned.action).toBe('update')
    await converge(fake, otherQuery)
    await flink.apply(planned, context, silent.start('', null))
    expect(running(fake)).toMatchObject([{ restored: null, parameters: { 'pipec.parallelism': '2' } }])
    expect(await converge(fake, resized)).toBe('unchanged')
    await fake.close()
  })

  test('that has failed goes on from its last checkpoint', async () => {
    const fake = await fakeFlink()
    await converge(fake, job)
    Object.assign(fake.jobs[0]!, { state: 'FAILED', savepoint: 'file:/checkpoints/chk-7' })
    expect(await converge(fake, job)).toBe('update')
    expect(running(fake)).toMatchObject([{ restored: 'file:/checkpoints/chk-7' }])
    await fake.close()
  })

  test('that restarts is not taken for one that runs', async () => {
    const fake = await fakeFlink()
    // Its start, and a restart between two looks.
    fake.ages = [10, 900, 30, 999, 1_000]
    expect(await converge(fake, job)).toBe('create')
    expect(fake.ages).toEqual([1_000])
    await fake.close()
  })

  test('that was lost with its session is started by the next apply', async () => {
    const fake = await fakeFlink()
    fake.fault = once('forget', 4)
    const failure = await failureOf(converge(fake, job), never)
    expect(failure?.message).toContain('lost the session')
    expect(await converge(fake, job)).toBe('create')
    expect(running(fake)).toHaveLength(1)
    await fake.close()
  })
})
