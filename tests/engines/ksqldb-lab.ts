/** A real ksqlDB and its Kafka, with names of the test's own that are removed again. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { compile } from '../../compiler/compile.ts'
import type { KsqldbQueryResource } from '../../compiler/manifest.ts'
import type { Endpoints } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { ksqldb } from '../../runtime/engines/ksqldb.ts'
import type { KsqldbChange } from '../../runtime/engines/ksqldb-compare.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import type { Local } from '../../runtime/local.ts'
import { downNative } from '../../runtime/native/down.ts'
import { upNative } from '../../runtime/native/up.ts'
import { silent } from '../../runtime/progress.ts'

export interface Lab {
  readonly local: Local
  readonly endpoints: Endpoints
  readonly kafka: Kafka
  stop(): Promise<void>
}

const { KSQLDB_URL, KSQLDB_HOME, KSQLDB_BOOTSTRAP_SERVERS = '127.0.0.1:9092' } = process.env

/** Why there is no lab, or null. No package registry carries ksqlDB, so that its absence is no failure. */
export const unavailable =
  KSQLDB_URL || KSQLDB_HOME ? null : 'set KSQLDB_URL (and KSQLDB_BOOTSTRAP_SERVERS), or KSQLDB_HOME'

/** The server of KSQLDB_URL, or one from KSQLDB_HOME with a Kafka of its own. */
export async function openLab(): Promise<Lab> {
  if (KSQLDB_URL) return labAt(localAt(KSQLDB_URL, KSQLDB_BOOTSTRAP_SERVERS), async () => {})
  const cwd = mkdtempSync(join(tmpdir(), 'pipec-ksqldb-'))
  const base = { cwd, env: process.env, progress: silent, signal: new AbortController().signal }
  const { local } = await upNative({ ...base, engines: ['kafka', 'ksqldb'], portOffset: 40_000 })
  return labAt(local, async () => {
    await downNative({ ...base, volumes: true })
  })
}

function localAt(url: string, bootstrapServers: string): Local {
  const kafka = { bootstrapServers, bootstrapServersForEngines: bootstrapServers }
  return { version: 1, with: 'native', kafka, ksqldb: { url }, flink: null, spark: null, pinot: null }
}

function labAt(local: Local, stop: () => Promise<void>): Lab {
  const { endpoints } = resolveEnvironment('local', [], local, {})
  const brokers = endpoints.kafka.bootstrapServers.split(',')
  return { local, endpoints, kafka: new Kafka({ brokers, logLevel: logLevel.NOTHING }), stop }
}

/** The other engines' tests have a set without ksqlDB, whatever Kafka the one at hand may read. */
export function withoutKsqldb({
  KSQLDB_URL: _,
  KSQLDB_HOME: __,
  ...rest
}: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return rest
}

export function randomName(): string {
  return `t${randomBytes(4).toString('hex')}`
}

export interface Built {
  readonly name: string
  readonly resource: KsqldbQueryResource
  readonly text: string
}

/** The pipeline of a text in which `NAME` stands for `name`. */
export function build(text: string, name: string): Built {
  const { output, diagnostics } = compile(text.replaceAll('NAME', name))
  if (output === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const resource = output.manifest.resources.find((each) => each.kind === 'ksqldb-query')
  if (resource === undefined) throw new Error('the pipeline has no ksqlDB')
  return { name, resource, text: output.files.get(resource.file)! }
}

export function contextOf(lab: Lab, { name, text }: Built): Context {
  const { signal } = new AbortController()
  return { pipeline: name, endpoints: lab.endpoints, read: () => text, signal, now: Date.now }
}

export async function planned(
  lab: Lab,
  built: Built,
  desired: KsqldbQueryResource | null = built.resource,
): Promise<KsqldbChange | null> {
  const [actual = null] = await ksqldb.observe(desired === null ? [] : [desired], contextOf(lab, built))
  return actual === null && desired === null ? null : ksqldb.compare(desired, actual)
}

/** Plans and applies; what it did. */
export async function converge(
  lab: Lab,
  built: Built,
  desired: KsqldbQueryResource | null = built.resource,
): Promise<KsqldbChange | null> {
  const change = await planned(lab, built, desired)
  if (change !== null) await ksqldb.apply(change, contextOf(lab, built), silent.start('', null))
  return change
}

export async function makeTopic(lab: Lab, topic: string, partitions = 1): Promise<void> {
  const admin = lab.kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] })
  await admin.disconnect()
}

export async function topics(lab: Lab): Promise<readonly string[]> {
  const admin = lab.kafka.admin()
  await admin.connect()
  const found = await admin.listTopics()
  await admin.disconnect()
  return found
}

export async function removeTopic(lab: Lab, topic: string): Promise<void> {
  const admin = lab.kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] }).catch(() => {})
  await admin.disconnect()
}

export async function produce(lab: Lab, topic: string, rows: readonly (object | string)[]): Promise<void> {
  const producer = lab.kafka.producer()
  await producer.connect()
  const messages = rows.map((row) => ({
    value: typeof row === 'string' ? row : JSON.stringify(row),
    partition: 0,
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}

export type Row = Readonly<Record<string, unknown>>

/**
 * The last record of each window and group, as soon as there are `count` of them and a moment has passed. The key of a
 * tumbling window holds its start only.
 */
export async function results(
  lab: Lab,
  topic: string,
  count: number,
  patience = 60_000,
): Promise<readonly Row[]> {
  const rows = new Map<string, Row>()
  const consumer = lab.kafka.consumer({ groupId: `${topic}-${randomName()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message: { key, value } }) => {
      if (value === null) return
      const row = JSON.parse(String(value)) as Row
      rows.set(`${key?.toString('hex')} ${row.window_end}`, row)
    },
  })
  const deadline = Date.now() + patience
  while (rows.size < count && Date.now() < deadline) await sleep(200)
  await sleep(1_500)
  await consumer.disconnect()
  return [...rows.values()].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

/** Runs the pipeline over the rows, gives its results, and removes everything. */
export async function compute(
  lab: Lab,
  text: string,
  rows: readonly (object | string)[],
  count: number,
): Promise<readonly Row[]> {
  const name = randomName()
  const built = build(text, name)
  await makeTopic(lab, `${name}_in`)
  try {
    await produce(lab, `${name}_in`, rows)
    await converge(lab, built)
    return await results(lab, `${name}_out`, count)
  } finally {
    await converge(lab, built, null)
    await removeTopic(lab, `${name}_in`)
  }
}
