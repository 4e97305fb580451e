/** `produce` on a real broker: exactly so many records, whatever happens to the broker or to the user's patience. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ProduceOptions, produce } from '../../cli/commands/produce.ts'
import type { Io } from '../../cli/io.ts'
import type { Pipeline } from '../../compiler/ir.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { readTopic } from '../../runtime/engines/kafka-read.ts'
import { isFailure } from '../../runtime/failure.ts'
import { demo } from '../fixtures/demo.ts'
import { type OwnBroker, startBroker } from '../fixtures/own-broker.ts'
import { needs, titled } from './needs.ts'

const usual: ProduceOptions = {
  records: null,
  rate: null,
  parallel: 1,
  seed: 1,
  output: null,
  eventsPerSecond: 1000,
  json: true,
}

describe.skipIf(needs.ownProcesses !== null)(titled('produce', needs.ownProcesses), () => {
  let broker: OwnBroker

  beforeAll(async () => {
    broker = await startBroker()
  }, 120_000)

  afterAll(() => broker.remove())

  async function pipelineWithTopic(partitions = 3): Promise<Pipeline> {
    const topic = `t-${randomBytes(4).toString('hex')}`
    await withAdmin(broker.endpoint, (admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: partitions }] }),
    )
    return { ...demo, source: { ...demo.source, topic } }
  }

  function start(pipeline: Pipeline, options: Partial<ProduceOptions>): Run {
    return startRun((io, forked) =>
      produce({ ...usual, ...options }, pipeline, broker.endpoint, io, () => forked(worker())),
    )
  }

  /** Values and keys of everything in the topic. */
  async function contents(pipeline: Pipeline) {
    const records: { key: string | null; partition: number; row: Record<string, unknown> }[] = []
    await readTopic(
      broker.endpoint,
      pipeline.source.topic,
      { from: 'beginning', until: 'end' },
      ({ key, partition, value }) => void records.push({ key, partition, row: JSON.parse(value!) }),
      new AbortController().signal,
    )
    return records
  }

  async function expectDistinct(pipeline: Pipeline, count: number): Promise<void> {
    const records = await contents(pipeline)
    expect(records).toHaveLength(count)
    expect(new Set(records.map(({ row }) => row.transaction_id)).size).toBe(count)
  }

  test('so many records, each under its key and in the key’s partition, at the time of the clock', async () => {
    const pipeline = await pipelineWithTopic()
    const began = Date.now()
    const run = start(pipeline, { records: 12_345 })
    expect(await run.code).toBe(0)
    expect(JSON.parse(run.out())).toMatchObject({
      topic: pipeline.source.topic,
      records: 12_345,
      uncertain: 0,
    })
    expect(run.err()).toMatch(/^12,345 records sent to t-\w+ in /)
    expect(run.err()).toContain('Windows of the last 8s stay open until later records come.\n')
    const records = await contents(pipeline)
    expect(records).toHaveLength(12_345)
    const partitions = new Map(records.map(({ key, partition }) => [key, partition]))
    for (const { key, partition, row } of records) {
      expect(key).toBe(row.user_id)
      expect(partitions.get(key)).toBe(partition)
      const time = Date.parse(`${row.event_timestamp}Z`)
      expect(time).toBeGreaterThanOrEqual(began)
      expect(time).toBeLessThanOrEqual(Date.now())
    }
  })

  test('the same seed sends the same records', async () => {
    const ids = async (): Promise<unknown[]> => {
      const pipeline = await pipelineWithTopic(1)
      await start(pipeline, { records: 500, seed: 7 }).code
      return (await contents(pipeline)).map(({ row }) => row.transaction_id)
    }
    expect(await ids()).toEqual(await ids())
  })

  test('several processes share the number between them', async () => {
    const pipeline = await pipelineWithTopic()
    const run = start(pipeline, { records: 20_001, parallel: 3 })
    expect(await run.code).toBe(0)
    await expectDistinct(pipeline, 20_001)
  })

  test('a broker that is killed and restarted in the middle costs time, and no record twice or never', async () => {
    const pipeline = await pipelineWithTopic()
    const run = start(pipeline, { records: 120_000 })
    while (run.done() < 40_000) await sleep(5)
    await broker.kill()
    await sleep(1_000)
    await broker.start()
    expect(await run.code).toBe(0)
    await expectDistinct(pipeline, 120_000)
  })

  test('the same with several processes', async () => {
    const pipeline = await pipelineWithTopic()
    const run = start(pipeline, { records: 120_000, parallel: 2 })
    while (run.done() < 40_000) await sleep(5)
    await broker.kill()
    await broker.start()
    expect(await run.code).toBe(0)
    await expectDistinct(pipeline, 120_000)
  })

  test.each([1, 2])('an interruption tells exactly what was sent, by %i', async (parallel) => {
    const pipeline = await pipelineWithTopic()
    const run = start(pipeline, { parallel })
    while (run.done() < 5_000) await sleep(5)
    run.stop()
    expect(await run.code).toBe(130)
    const { records, uncertain } = JSON.parse(run.out())
    expect(uncertain).toBe(0)
    await expectDistinct(pipeline, records)
  })

  test('a process of several that dies ends the others, and the error says how many have arrived', async () => {
    const pipeline = await pipelineWithTopic()
    const run = start(pipeline, { records: 10_000_000, parallel: 2 })
    while (run.done() < 5_000) await sleep(5)
    run.children[0]!.kill('SIGKILL')
    const error = await run.code.catch((thrown: unknown) => thrown)
    if (!isFailure(error)) throw new Error(String(error))
    const [, arrived = ''] =
      /ended with SIGKILL before it was done\. ([\d,]+) records of 10,000,000 have arrived/.exec(
        error.message,
      ) ?? []
    expect(await contents(pipeline)).toHaveLength(Number(arrived.replaceAll(',', '')))
    expect(run.children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)).toBe(
      true,
    )
  })

  test('a rate is kept', async () => {
    const pipeline = await pipelineWithTopic()
    const began = Date.now()
    expect(await start(pipeline, { records: 1_000, rate: 500 }).code).toBe(0)
    expect(Date.now() - began).toBeGreaterThan(1_500)
    expect(Date.now() - began).toBeLessThan(8_000)
  })

  test('a missing topic is for apply to make', async () => {
    const pipeline = { ...demo, source: { ...demo.source, topic: 'nowhere' } }
    const error = await start(pipeline, { records: 1 }).code.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'Failure',
      message: expect.stringContaining('no topic "nowhere"'),
      next: expect.stringContaining('pipec apply'),
    })
  })

  test.each([1, 2])('a rule that fails is told before anything is sent, by %i', async (parallel) => {
    const pipeline = await pipelineWithTopic()
    const fields = demo.generator!.fields.map((field) =>
      field.name === 'status'
        ? { ...field, rule: { kind: 'faker', method: 'no.such', arguments: [] } as const }
        : field,
    )
    const run = start({ ...pipeline, generator: { fields } }, { records: 10, parallel })
    await expect(run.code).rejects.toThrow('faker has no method "no.such"')
    expect(await contents(pipeline)).toEqual([])
  })
})

interface Run {
  readonly code: Promise<number>
  readonly children: readonly ChildProcess[]
  /** Acknowledged so far. */
  done(): number
  out(): string
  err(): string
  stop(): void
}

function startRun(work: (io: Io, forked: (child: ChildProcess) => ChildProcess) => Promise<number>): Run {
  const stop = new AbortController()
  const children: ChildProcess[] = []
  const seen = { out: '', err: '', done: 0 }
  const io: Partial<Io> = {
    cwd: process.cwd(),
    async out(text) {
      seen.out += text
    },
    err(text) {
      seen.err += text
    },
    signal: stop.signal,
    now: Date.now,
    progress: { start: () => ({ update, finish: () => {}, fail: () => {} }), note: () => {} },
  }
  function update(done: number): void {
    seen.done = done
  }
  const code = work(io as Io, (child) => {
    children.push(child)
    return child
  })
  code.catch(() => {})
  return {
    code,
    children,
    done: () => seen.done,
    out: () => seen.out,
    err: () => seen.err,
    stop: () => stop.abort(),
  }
}

function worker(): ChildProcess {
  return fork(join(import.meta.dirname, '../fixtures/produce-worker.ts'), [], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}
