/** Topics, jobs and results for tests of the Spark engine: everything has a name of its own and is removed again. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { inject } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { hash } from '../../compiler/hash.ts'
import type { Pipeline } from '../../compiler/ir.ts'
import type { SparkJobResource } from '../../compiler/manifest.ts'
import { render } from '../../compiler/render.ts'
import { spark as target } from '../../compiler/targets/spark/target.ts'
import type { Endpoints } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { spark as engine } from '../../runtime/engines/spark.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import { silent } from '../../runtime/progress.ts'

export function randomName(): string {
  return `t${randomBytes(4).toString('hex')}`
}

/** The pipeline of a text in which `NAME` stands for a name of the test's own. */
export function pipelineOf(text: string, name: string): Pipeline {
  const { output, diagnostics } = compile(text.replaceAll('NAME', name))
  if (output === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return output.pipeline
}

export interface Job {
  readonly resource: SparkJobResource
  readonly script: string
}

export function jobOf(pipeline: Pipeline, edit: (script: string) => string = (script) => script): Job {
  const [artifact] = target.emit(pipeline)
  const [draft] = target.resources(pipeline)
  if (artifact === undefined || !('template' in artifact) || draft?.kind !== 'spark-job') {
    throw new Error('the pipeline has no Spark job')
  }
  const script = edit(render(artifact.template, artifact.view))
  const { at: _, ...rest } = draft
  return { script, resource: { ...rest, line: 1, hash: hash(script) } }
}

export function contextOf(endpoints: Endpoints, pipeline: string, job: Job | null): Context {
  return {
    pipeline,
    endpoints,
    read: () => job?.script ?? '',
    signal: new AbortController().signal,
    now: () => Date.now(),
  }
}

/** Plans and applies; the actions that it took. */
export async function converge(endpoints: Endpoints, pipeline: string, job: Job | null) {
  const context = contextOf(endpoints, pipeline, job)
  const desired = job === null ? [] : [job.resource]
  const [actual = null] = await engine.observe(desired, context)
  if (actual === null && job === null) return null
  const change = engine.compare(job?.resource ?? null, actual)
  await engine.apply(change, context, silent.start('', null))
  return change
}

export async function withTopics<T>(
  endpoints: Endpoints,
  topics: readonly { readonly topic: string; readonly partitions: number }[],
  work: (kafka: Kafka) => Promise<T>,
): Promise<T> {
  const kafka = new Kafka({
    brokers: endpoints.kafka.bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
  })
  const admin = kafka.admin()
  await admin.connect()
  const names = topics.map(({ topic }) => topic)
  try {
    // Not `waitForLeaders`: kafkajs gives up when the first look comes before the broker knows the topic.
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: 1,
      })),
    })
    await listed(admin, names)
    return await work(kafka)
  } finally {
    await admin.deleteTopics({ topics: names }).catch(() => {})
    await admin.disconnect()
  }
}

async function listed(admin: Admin, names: readonly string[]): Promise<void> {
  for (;;) {
    const all = new Set(await admin.listTopics())
    if (names.every((name) => all.has(name))) return
    await sleep(50)
  }
}

export async function produce(
  kafka: Kafka,
  topic: string,
  values: readonly string[],
  partition = 0,
): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
  await producer.disconnect()
}

export type Row = Readonly<Record<string, unknown>>

/** Reads results until they are enough, or the time is over; the last record of each key. */
export async function results(
  kafka: Kafka,
  topic: string,
  enough: (rows: readonly Row[]) => boolean,
): Promise<readonly Row[]> {
  const rows = new Map<string, Row>()
  const consumer = kafka.consumer({ groupId: `${topic}-${randomName()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      rows.set(String(message.key), JSON.parse(String(message.value)) as Row)
    },
  })
  // A batch can take half a minute on a machine that does other things too.
  const deadline = Date.now() + 240_000
  while (!enough([...rows.values()]) && Date.now() < deadline) await sleep(200)
  // What is too much needs a moment to show.
  await sleep(1_500)
  await consumer.disconnect()
  return [...rows.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
}

function sortKey(row: Row): string {
  const [start, , ...rest] = Object.values(row)
  return `${String(start).padStart(20, '0')}${JSON.stringify(rest)}`
}

/** The engines that the tests share, or null where this machine cannot run them. */
export function endpoints(): Endpoints | null {
  const local = inject('local')
  return local === null || local.spark === null ? null : resolveEnvironment('local', [], local, {}).endpoints
}
