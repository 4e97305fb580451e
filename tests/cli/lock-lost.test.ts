/** When Kafka gives no lock: what was done before it is told all the same. The lock itself is scripted here. */
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { execute } from '../../cli/commands/apply.ts'
import type { Operation } from '../../cli/operate.ts'
import { compile } from '../../compiler/compile.ts'
import type { Change, Engine } from '../../runtime/engines/engine.ts'
import { Failure } from '../../runtime/failure.ts'
import type { Plan } from '../../runtime/plan.ts'
import { keptIo } from '../fixtures/io.ts'

const lost = new Failure('Kafka at nowhere:1 has not answered in time.')
vi.mock('../../runtime/engines/kafka-lock.ts', () => ({ withLock: () => Promise.reject(lost) }))

const output = compile(readFileSync('pipeline.yaml', 'utf8')).output!
const { manifest } = output

function change(desired: Change['desired'] & object, engine: Change['engine']): Change {
  return {
    address: desired.address,
    engine,
    action: 'create',
    reason: '',
    fields: [],
    state: null,
    desired,
    actual: null,
  }
}

const [topic] = manifest.resources.filter(({ kind }) => kind === 'kafka-topic')
const [job] = manifest.resources.filter(({ kind }) => kind === 'flink-job')
const [other] = manifest.resources.filter(({ kind }) => kind === 'spark-job')
const plan: Plan = {
  environment: 'local',
  pipeline: manifest.pipeline,
  changes: [change(topic!, 'kafka'), change(job!, 'flink'), change(other!, 'spark')],
  notes: [],
}

function operation(io: ReturnType<typeof keptIo>): Operation {
  const kafka: Engine = {
    key: 'kafka',
    kinds: ['kafka-topic'],
    observe: async () => [],
    compare: () => expect.fail('nothing is compared'),
    apply: async () => {},
  }
  const http = { url: 'http://nowhere', auth: null }
  return {
    output,
    manifest,
    context: {
      pipeline: manifest.pipeline,
      endpoints: {
        environment: 'local',
        kafka: { bootstrapServers: 'nowhere:1', engineBootstrapServers: 'nowhere:1', security: null },
        flink: { ...http, rest: 'http://nowhere', checkpoints: null },
        ksqldb: null,
        spark: null,
        pinot: null,
      },
      read: () => '',
      signal: io.signal,
      now: Date.now,
    },
    engines: [kafka],
    engine: null,
    progress: io.progress,
  }
}

test('the topics that were made are done, the next step has failed, the others are not begun', async () => {
  const io = keptIo()
  const applied = await execute(operation(io), plan, io)
  expect(applied.done.map(({ address }) => address)).toEqual([topic!.address])
  expect(applied.failed).toMatchObject({ change: { address: job!.address }, failure: lost })
  expect(applied.left.map(({ address }) => address)).toEqual([other!.address])
})

test('an interruption is no failure of a step', async () => {
  const stop = new AbortController()
  stop.abort(new Error('interrupted'))
  const io = keptIo({ signal: stop.signal })
  await expect(execute(operation(io), { ...plan, changes: plan.changes.slice(1) }, io)).rejects.toBe(lost)
})
