/** Topics, jobs and results for tests of the Flink engine: everything has a name of its own and is removed again. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import { compile } from '../../compiler/compile.ts'
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import type { Endpoints, KafkaEndpoint } from '../../runtime/endpoints.ts'
import type { Context } from '../../runtime/engines/engine.ts'
import { flink } from '../../runtime/engines/flink.ts'
import type { ActualFlinkJob } from '../../runtime/engines/flink-observe.ts'
import { cancel, isTerminal, jobsNamed, overviewOf } from '../../runtime/engines/flink-rest.ts'
import { submit } from '../../runtime/engines/flink-submit.ts'
import { readTopic } from '../../runtime/engines/kafka-read.ts'
import type { TopicRecord } from '../../runtime/engines/kafka-reading.ts'
import type { Local } from '../../runtime/local.ts'
import { silent } from '../../runtime/progress.ts'

export interface Job {
  readonly name: string
  readonly resource: FlinkJobResource
  readonly script: string
}

export type Row = Readonly<Record<string, unknown>>

export function randomName(): string {
  return `t${randomBytes(4).toString('hex')}`
}

export function endpointsOf({ with: way, kafka, flink: here }: Local): Endpoints {
  const checkpoints = way === 'native' && here !== null ? here.checkpoints.replace('file://', '') : null
  return {
    environment: 'local',
    kafka: {
      bootstrapServers: kafka.bootstrapServers,
      engineBootstrapServers: kafka.bootstrapServersForEngines,
      security: null,
    },
    flink: here === null ? null : { url: here.gateway, auth: null, rest: here.rest, checkpoints },
    ksqldb: null,
    spark: null,
    pinot: null,
  }
}

/** The job of a pipeline.yaml in which NAME stands for the name. */
export function compiled(
  yaml: string,
  name: string,
  edit: (script: string) => string = (script) => script,
): Job {
  const { output, diagnostics } = compile(yaml.replaceAll('NAME', name))
  if (output === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const resource = output.manifest.resources.find((each) => each.kind === 'flink-job')
  if (resource === undefined) throw new Error('the pipeline has no Flink job')
  return { name, resource, script: edit(output.files.get('flink/job.sql') ?? '') }
}

export class Lab {
  readonly endpoints: Endpoints
  readonly #plain: KafkaEndpoint
  readonly #kafka: Kafka
  readonly #topics: string[] = []
  readonly #names: string[] = []

  /** `plain` is how the lab itself reaches Kafka, and `flink` how Flink is to. */
  constructor(endpoints: Endpoints, plain = endpoints.kafka, flink = plain) {
    this.endpoints = { ...endpoints, kafka: flink }
    this.#plain = plain
    this.#kafka = new Kafka({ brokers: plain.bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  }

  context(name: string, script = ''): Context {
    return {
      pipeline: name,
      endpoints: this.endpoints,
      read: () => script,
      signal: new AbortController().signal,
      now: () => Date.now(),
    }
  }

  /** A name under which jobs are ended when the lab is cleared. */
  name(): string {
    const name = randomName()
    this.#names.push(name)
    return name
  }

  async topics(partitions: Readonly<Record<string, number>>): Promise<void> {
    this.#topics.push(...Object.keys(partitions))
    const topics = Object.entries(partitions).map(([topic, numPartitions]) => ({ topic, numPartitions }))
    await this.#admin((admin) => admin.createTopics({ topics, waitForLeaders: true }))
  }

  async send(topic: string, partition: number, values: readonly (string | Row)[]): Promise<void> {
    const producer = this.#kafka.producer()
    await producer.connect()
    const messages = values.map((value) => ({
      partition,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    }))
    await producer.send({ topic, messages })
    await producer.disconnect()
  }

  /** What a reader of committed records sees now. */
  async rows(topic: string): Promise<readonly Row[]> {
    return (await this.texts(topic)).map((text) => JSON.parse(text) as Row)
  }

  async texts(topic: string): Promise<readonly string[]> {
    const found: string[] = []
    const signal = new AbortController().signal
    const range = { from: 'beginning', until: 'end' } as const
    const take = ({ value }: TopicRecord) => void found.push(value ?? 'null')
    await readTopic(this.#plain, topic, range, take, signal)
    return found
  }

  /** Waits for so many rows, and a moment longer for one too many. */
  async rowsOnceThereAre(count: number, topic: string): Promise<readonly Row[]> {
    const deadline = Date.now() + 60_000
    while ((await this.rows(topic)).length < count && Date.now() < deadline) await sleep(500)
    await sleep(1_500)
    return this.rows(topic)
  }

  async observe(job: Job): Promise<ActualFlinkJob | null> {
    const [actual = null] = await flink.observe([job.resource], this.context(job.name))
    return actual
  }

  /** Plans and applies; what it found to do. */
  async converge(job: Job) {
    const change = flink.compare(job.resource, await this.observe(job))
    if (change.action !== 'unchanged') await flink.apply(change, this.context(job.name, job.script), step)
    return change
  }

  async destroy(job: Job) {
    const change = flink.compare(null, await this.observe(job))
    await flink.apply(change, this.context(job.name), step)
    return change
  }

  async running(name: string): Promise<readonly string[]> {
    const jobs = await jobsNamed(`pipec.${name}`, this.context(name))
    return jobs.filter(({ state }) => !isTerminal(state)).map(({ jid }) => jid)
  }

  /** Starts it without a word to apply, as somebody else would. */
  start(job: Job): Promise<string> {
    return submit(job.resource, this.context(job.name, job.script), async () => null)
  }

  async cancel(name: string): Promise<void> {
    const ids = await this.running(name)
    for (const id of ids) await cancel(id, this.context(name))
    while ((await this.running(name)).length > 0) await sleep(100)
  }

  /** Runs a job over what its topic holds now; all its windows close at the end. */
  async runBounded(job: Job): Promise<void> {
    const script = job.script.replace(
      "'scan.startup.mode' = 'earliest-offset',",
      "$& 'scan.bounded.mode' = 'latest-offset',",
    )
    const id = await this.start({ ...job, script })
    const context = this.context(job.name)
    for (;;) {
      const { state } = await overviewOf(id, context)
      if (state === 'FINISHED') return
      if (isTerminal(state)) throw new Error(`the job is ${state}`)
      await sleep(200)
    }
  }

  async clear(): Promise<void> {
    for (const name of this.#names) await this.cancel(name)
    await this.#admin((admin) => admin.deleteTopics({ topics: this.#topics }).catch(() => {}))
  }

  async #admin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      return await use(admin)
    } finally {
      await admin.disconnect()
    }
  }
}

const step = silent.start('', null)
