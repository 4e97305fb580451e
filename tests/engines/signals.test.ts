/**
 * The program itself on a real Kafka beside a fake Spark: stopped, killed, doubled, unread, badly connected; what it
 * leaves, a second one mends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { topicOffsets } from '../../runtime/engines/kafka-read.ts'
import { type FakeSpark, fakeSpark } from '../fakes/spark.ts'
import { type BrokerProxy, type Fate, startBrokerProxy } from '../fixtures/broker-proxy.ts'
import { type Ended, ended, pipec, pipecPath, start, temporaryFolder } from '../fixtures/command.ts'
import { recordLocal } from '../fixtures/local.ts'
import { type OwnBroker, startBroker } from '../fixtures/own-broker.ts'
import { pipelines } from '../fixtures/pipelines.ts'
import { needs, titled } from './needs.ts'

const text = pipelines.example.replace(/ {2}flink:.*\n {2}ksqldb:.*\n/, '').replace(/serving:\n.*\n/, '')

const title = titled('the program', needs.ownProcesses)

describe.skipIf(needs.ownProcesses !== null)(title, { timeout: 120_000 }, () => {
  let broker: OwnBroker
  let fake: FakeSpark
  let cwd: string
  let name: string
  let nth = 0

  beforeAll(async () => {
    broker = await startBroker()
  }, 120_000)
  afterAll(() => broker.remove())

  beforeEach(async () => {
    fake = await fakeSpark()
    name = `signals_${nth++}`
    cwd = temporaryFolder()
    const own = text
      .replace('name: transactions', `name: ${name}`)
      .replace('topic: transactions\n', `topic: ${name}\n`)
    writeFileSync(join(cwd, 'pipeline.yaml'), own.replace('transactions_aggregate', `${name}_aggregate`))
    recordLocal(cwd, { kafka: broker.endpoint, spark: fake.endpoints.spark })
    expect((await pipec(['build'], cwd)).code).toBe(0)
  })
  afterEach(() => fake.close())

  async function topics(): Promise<readonly string[]> {
    const all = await withAdmin(broker.endpoint, (admin) => admin.listTopics())
    return all.filter((topic) => topic.startsWith(name)).sort()
  }

  async function sent(): Promise<number> {
    const offsets = await topicOffsets(broker.endpoint, name)
    return offsets.reduce((sum, { end }) => sum + end, 0)
  }

  function running(): number {
    return fake.drivers.filter(({ state, removes }) => removes === undefined && state === 'RUNNING').length
  }

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(20)
  }

  const submitted = (): boolean => fake.requests.some((each) => each.endsWith('/create'))
  const hangAtSubmission = (asked: number) => (fake.requests[asked - 1]?.endsWith('/create') ? 'hang' : null)

  /** One of each, and nothing to change. */
  async function expectApplied(): Promise<void> {
    const again = await pipec(['apply', '--yes'], cwd)
    expect(again.code, again.err).toBe(0)
    expect(running()).toBe(1)
    expect(await topics()).toEqual([name, `${name}_aggregate_spark`])
    expect((await pipec(['plan', '--exit-code'], cwd)).code).toBe(0)
  }

  function unread(...words: string[]): Promise<Ended> {
    const script = '"$@" | true; exit "${PIPESTATUS[0]}"'
    return ended(spawn('bash', ['-c', script, 'bash', process.execPath, pipecPath, ...words], { cwd }))
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('apply, by %s in the middle of a step', async (signal) => {
    fake.fault = hangAtSubmission
    const child = start(['apply', '--yes'], cwd)
    const outcome = ended(child)
    await until(submitted)
    const began = Date.now()
    child.kill(signal)
    const { code, err } = await outcome
    expect(Date.now() - began).toBeLessThan(10_000)
    expect({ code, said: err.includes('Interrupted: what was done stays') }).toEqual({
      code: 130,
      said: true,
    })
    fake.fault = () => null
    await expectApplied()
  })

  test('apply, killed at one request after the other', { timeout: 240_000 }, async () => {
    const killed = async (at: number): Promise<boolean> => {
      let child: ChildProcess | null = null
      fake.drivers.length = 0
      fake.requests.length = 0
      fake.fault = (asked) => {
        if (asked === at) child?.kill('SIGKILL')
        return asked === at ? 'lose' : null
      }
      child = start(['apply', '--yes'], cwd)
      const { signal } = await ended(child)
      fake.fault = () => null
      return signal === 'SIGKILL'
    }
    let at = 1
    for (; await killed(at); at++) {
      expect(running()).toBeLessThanOrEqual(1)
      const again = await pipec(['apply', '--yes'], cwd)
      expect(again.code, again.err).toBe(0)
      expect(fake.drivers).toHaveLength(1)
      expect(running()).toBe(1)
    }
    await expectApplied()
    // The plan's look, the one behind the lock, the one before the submission, the submission, and looks until it runs.
    expect(at).toBeGreaterThan(5)
  })

  test('two applies at once', async () => {
    const both = await Promise.all([pipec(['apply', '--yes'], cwd), pipec(['apply', '--yes'], cwd)])
    for (const { code, err } of both) expect(code, err).toBe(0)
    expect(fake.drivers).toHaveLength(1)
    await expectApplied()
  })

  /** From now on pipec reaches the broker through this alone, and the first answer to this request meets the fate. */
  async function unlucky(request: string, fate: Fate): Promise<BrokerProxy> {
    const proxy = await startBrokerProxy(broker.endpoint)
    onTestFinished(() => proxy.stop())
    recordLocal(cwd, { kafka: proxy.endpoint, spark: fake.endpoints.spark })
    proxy.judge = (each, nth) => (each === request && nth === 1 ? fate : 'pass')
    return proxy
  }

  test.each([
    ['lose', 'broke off the connection'],
    ['hold', 'has not answered in time'],
  ] as const)('apply whose topic is made without an answer (%s)', async (fate, said) => {
    const proxy = await unlucky('CreateTopics', fate)
    const { code, err } = await pipec(['apply', '--yes'], cwd)
    expect({ code, topics: await topics() }, err).toEqual({ code: 1, topics: [name] })
    expect(err).toContain(`error: kafka.topic.${name} `)
    expect(err).toContain(said)
    expect(err).toContain('`pipec apply` goes on from here.')
    await expectApplied()
    expect(proxy.requests.filter((each) => each === 'CreateTopics')).toHaveLength(2)
    // What does not bear pipec's mark would be left.
    expect((await pipec(['destroy', '--yes'], cwd)).code).toBe(0)
    expect(await topics()).toEqual([])
  })

  test('apply that gets no answer on its way to the lock asks again, and does its work once', async () => {
    const proxy = await unlucky('JoinGroup', 'cut')
    const { code, err } = await pipec(['apply', '--yes'], cwd)
    expect(code, err).toBe(0)
    // The one that was cut, and the two that joining takes.
    expect(proxy.requests.filter((each) => each === 'JoinGroup')).toHaveLength(3)
    expect(fake.drivers).toHaveLength(1)
    await expectApplied()
  })

  test('destroy whose topic goes without an answer', async () => {
    await pipec(['apply', '--yes', '--engine', 'kafka'], cwd)
    await unlucky('DeleteTopics', 'cut')
    const { code, err } = await pipec(['destroy', '--yes'], cwd)
    expect({ code, left: (await topics()).length }, err).toEqual({ code: 1, left: 1 })
    expect(err).toContain('broke off the connection')
    expect((await pipec(['destroy', '--yes'], cwd)).code).toBe(0)
    expect(await topics()).toEqual([])
    expect((await pipec(['destroy', '--yes'], cwd)).out).toBe('Nothing of this pipeline is there.\n')
  })

  test('apply whose output nobody reads does its work, and its exit code is true', async () => {
    fake.next = 'refuse'
    const failed = await unread('apply', '--yes', '--json')
    expect(failed.err).toContain('Spark refused the submission')
    expect(failed.code).toBe(1)
    expect((await unread('apply', '--yes', '--json')).code).toBe(0)
    await expectApplied()
  })

  test.each([1, 2])(
    'produce by %i, by a signal to the whole group, tells exactly what was sent',
    async (parallel) => {
      await pipec(['apply', '--yes', '--engine', 'kafka'], cwd)
      const words = ['produce', '--json', '--rate', '5000', '--parallel', String(parallel)]
      const child = start(words, cwd, { detached: true })
      const outcome = ended(child)
      while ((await sent()) < 2_000) await sleep(100)
      process.kill(-child.pid!, 'SIGTERM')
      const { code, out, err } = await outcome
      expect(code, err).toBe(130)
      expect(JSON.parse(out)).toMatchObject({ records: await sent(), uncertain: 0 })
    },
  )

  test('produce whose output nobody reads sends all', async () => {
    await pipec(['apply', '--yes', '--engine', 'kafka'], cwd)
    expect((await unread('produce', '-n', '3000', '--json')).code).toBe(0)
    expect(await sent()).toBe(3_000)
  })

  test('tail ends when its reader has enough', async () => {
    await pipec(['apply', '--yes', '--engine', 'kafka'], cwd)
    await pipec(['produce', '-n', '3000'], cwd)
    const script = '"$@" | head -2; exit "${PIPESTATUS[0]}"'
    const words = [process.execPath, pipecPath, 'tail', name, '--from-beginning']
    const { code, out, err } = await ended(spawn('bash', ['-c', script, 'bash', ...words], { cwd }))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.trimEnd().split('\n')).toHaveLength(2)
  })

  test('verify, by SIGTERM, removes what it has made', async () => {
    const child = start(['verify', '-n', '200', '--seed', '1'], cwd)
    const outcome = ended(child)
    await until(() => running() > 0)
    await sleep(500)
    child.kill('SIGTERM')
    const { code, err } = await outcome
    expect(code, err).toBe(130)
    expect(running()).toBe(0)
    expect(await topics()).toEqual([])
  })

  test('verify, by a second signal, ends at once and says how to remove what it has made', async () => {
    const child = start(['verify', '-n', '200', '--seed', '1'], cwd)
    const outcome = ended(child)
    await until(() => running() > 0)
    fake.fault = (asked) => (fake.requests[asked - 1]?.includes('/kill/') ? 'hang' : null)
    child.kill('SIGINT')
    await until(() => fake.requests.some((each) => each.includes('/kill/')))
    child.kill('SIGINT')
    const { code, err } = await outcome
    expect(code, err).toBe(130)
    const [, remove = ''] = /`pipec verify --remove (\w+)` removes it/.exec(err) ?? []
    fake.fault = () => null
    const removed = await pipec(['verify', '--remove', remove], cwd)
    expect(removed, removed.err).toMatchObject({ code: 0, out: `Nothing of the run ${remove} is left.\n` })
    expect(running()).toBe(0)
    expect(await topics()).toEqual([])
  })

  test('verify --remove does not say that nothing is left where an engine does not answer', async () => {
    await fake.close()
    const { code, out, err } = await pipec(['verify', '--remove', `${name}_v0123ab`], cwd)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^error: Spark .* cannot be reached/m)
  })

  test('verify whose report finds no room tells what it has found', async () => {
    const { code, out, err } = await pipec(
      ['verify', '-n', '200', '--seed', '1', '--timeout', '2', '--html', '/dev/full'],
      cwd,
    )
    expect(out).toContain('spark')
    expect(err).toContain('Cannot write /dev/full: the disk is full.')
    expect(code).toBe(1)
    expect(await topics()).toEqual([])
  })

  test('verify of an engine that the pipeline does not have says so', async () => {
    const { code, err } = await pipec(['verify', '--engine', 'flink', '-n', '200'], cwd)
    expect(err).toContain('No job of flink is here to be compared.')
    expect(code).toBe(1)
    expect(await topics()).toEqual([])
  })

  test('apply to an environment that is not local asks, and where nobody can answer does nothing', async () => {
    const staging = `\nenvironments:\n  staging:\n    kafka: { bootstrap_servers: ${broker.endpoint.bootstrapServers} }\n`
    appendFileSync(join(cwd, 'pipeline.yaml'), staging)
    expect((await pipec(['build'], cwd)).code).toBe(0)
    const words = ['apply', '-e', 'staging', '--engine', 'kafka']
    const { code, err } = await pipec(words, cwd)
    expect(err).toContain('Apply this to staging? Nobody can be asked here, so nothing was done.')
    expect(code).toBe(1)
    expect(await topics()).toEqual([])
    expect((await pipec([...words, '--yes'], cwd)).code).toBe(0)
    expect(await topics()).toContain(name)
  })
})
