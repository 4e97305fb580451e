/** Tables, topics and rows for tests of the Pinot engine: everything has a name of its own and is removed again. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { inject } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import type { PinotTableResource } from '../../compiler/manifest.ts'
import type { Endpoints } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { pinot } from '../../runtime/engines/pinot.ts'
import { pinotOf, query } from '../../runtime/engines/pinot-client.ts'
import type { TableChange } from '../../runtime/engines/pinot-compare.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import { silent } from '../../runtime/progress.ts'

/** Of the engines that are up for the tests; null where none can be. */
export function engineEndpoints(): Endpoints | null {
  const local = inject('local')
  return local === null ? null : resolveEnvironment('local', [], local, {}).endpoints
}

export interface Lab {
  readonly name: string
  readonly topic: string
  readonly table: string
  /** The pipeline of the test with other lines in place of its own. */
  text(lines?: Partial<Lines>): string
  /** What plan would say; null removes all that is the pipeline's. */
  plan(text: string | null, endpoints?: Endpoints): Promise<readonly TableChange[]>
  /** Plans and applies; the actions that it took. */
  converge(text: string | null, endpoints?: Endpoints): Promise<readonly string[]>
  context(
    text: string | null,
    endpoints?: Endpoints,
  ): { context: Context; resources: readonly PinotTableResource[] }
  produce(rows: readonly Row[]): Promise<void>
  /** Sorted, once there are at least `count`. */
  rows(sql: string, count: number): Promise<readonly (readonly unknown[])[]>
  admin<T>(use: (admin: Admin) => Promise<T>): Promise<T>
  remove(): Promise<void>
}

export type Row = Readonly<Record<string, unknown>>

interface Lines {
  readonly groupBy: string
  readonly metrics: string
  readonly serving: string
}

const plain: Lines = {
  groupBy: '[]',
  metrics: '{ total: sum(amount), n: count(*), mean: avg(amount) }',
  serving: '{ pinot: {} }',
}

export async function labOf(endpoints: Endpoints, { topics = true } = {}): Promise<Lab> {
  const name = `t${randomBytes(4).toString('hex')}`
  const topic = `${name}.out-1`
  const lab: Lab = {
    name,
    topic,
    table: `${name}_out_1`,
    text: (lines = {}) => textOf(name, topic, { ...plain, ...lines }),
    context: (text, at = endpoints) => contextOf(at, name, text),
    async plan(text, at = endpoints) {
      const { context, resources } = lab.context(text, at)
      const actual = await pinot.observe(resources, context)
      const addresses = new Set([...resources, ...actual].map(({ address }) => address))
      return [...addresses].map((address) =>
        pinot.compare(
          resources.find((each) => each.address === address) ?? null,
          actual.find((each) => each.address === address) ?? null,
        ),
      )
    },
    async converge(text, at = endpoints) {
      const { context } = lab.context(text, at)
      const changes = await lab.plan(text, at)
      for (const change of changes) await pinot.apply(change, context, silent.start('', null))
      return changes.map(({ action }) => action)
    },
    produce: (rows) => produce(endpoints, topic, rows),
    rows: (sql, count) => rowsOf(lab, endpoints, sql, count),
    admin: (use) => withAdmin(endpoints.kafka, use),
    async remove() {
      await lab.converge(null).catch(() => {})
      await lab.admin((admin) => deleteTopic(admin, topic)).catch(() => {})
    },
  }
  if (topics) await lab.admin((admin) => createTopic(admin, topic))
  return lab
}

/** Not `waitForLeaders`: kafkajs gives up when the first look comes before the broker knows the topic. */
export async function createTopic(admin: Admin, topic: string): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false,
    topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
  })
  while (!(await admin.listTopics()).includes(topic)) await sleep(50)
}

export async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] })
  while ((await admin.listTopics()).includes(topic)) await sleep(50)
}

function textOf(name: string, topic: string, { groupBy, metrics, serving }: Lines): string {
  return `
name: ${name}
source:
  topic: ${name}_in
  fields:
    amount: bigint
    price: decimal(12,3)
    label: string
    fine: boolean
    small: int
    at: timestamp
  event_time: { field: at, format: epoch_millis }
window: { type: tumbling, size: 1s }
group_by: ${groupBy}
metrics: ${metrics}
engines: { flink: { topic: ${topic} } }
serving: ${serving}
`
}

function contextOf(endpoints: Endpoints, pipeline: string, text: string | null) {
  const output = text === null ? null : compile(text).output
  if (text !== null && output === null) throw new Error(JSON.stringify(compile(text).diagnostics))
  const context: Context = {
    pipeline,
    endpoints,
    read: (file) => output?.files.get(file) ?? '',
    signal: AbortSignal.timeout(120_000),
    now: () => Date.now(),
  }
  const resources = (output?.manifest.resources ?? []).filter((each) => each.kind === 'pinot-table')
  return { context, resources }
}

async function produce({ kafka }: Endpoints, topic: string, rows: readonly Row[]): Promise<void> {
  const { Kafka, logLevel } = await import('kafkajs')
  const brokers = kafka.bootstrapServers.split(',')
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: rows.map((row) => ({ key: null, value: JSON.stringify(row) })) })
  await producer.disconnect()
}

async function rowsOf(lab: Lab, endpoints: Endpoints, sql: string, count: number) {
  const client = pinotOf(lab.context(null, endpoints).context)
  const deadline = Date.now() + 20_000
  for (;;) {
    const { rows, problem } = await query(client, sql)
    if (problem !== null) throw new Error(problem)
    if (rows.length >= count || Date.now() > deadline) return rows
    await sleep(100)
  }
}

/** A result row whose window starts at `second`. */
export function row(second: number, more: Row): Row {
  return { window_start: second * 1000, window_end: (second + 1) * 1000, ...more }
}
