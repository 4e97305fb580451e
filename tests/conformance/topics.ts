/** Topics of a run: made, filled and read many at a time, and removed at the end. */
import { Kafka, logLevel } from 'kafkajs'
import { lineOf } from './case.ts'
import type { Prepared } from './prepare.ts'

export class Topics {
  readonly #kafka: Kafka
  readonly #made = new Set<string>()

  constructor(bootstrapServers: string) {
    this.#kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  }

  async make(cases: readonly Prepared[]): Promise<void> {
    const topics = cases.flatMap(({ output }) =>
      output.manifest.resources.flatMap((each) =>
        each.kind === 'kafka-topic' && each.create
          ? [{ topic: each.topic, numPartitions: each.partitions }]
          : [],
      ),
    )
    for (const { topic } of topics) this.#made.add(topic)
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      await admin.createTopics({
        topics: topics.map((each) => ({ ...each, replicationFactor: 1 })),
        waitForLeaders: true,
      })
    } finally {
      await admin.disconnect()
    }
  }

  /** Topic by topic and numbered: where one broker answers late, kafkajs sends all of a call anew. */
  async fill(cases: readonly Prepared[]): Promise<void> {
    const producer = this.#kafka.producer({ idempotent: true })
    await producer.connect()
    try {
      for (const { name, records } of cases) {
        const messages = records.map((each) => ({ value: lineOf(each), partition: each.partition }))
        await producer.send({ topic: `${name}_in`, messages })
      }
    } finally {
      await producer.disconnect()
    }
    await this.#check(cases)
  }

  /** Values of committed records up to the end as it is now, by topic. */
  async read(topics: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>(topics.map((topic) => [topic, []]))
    const open = await this.#ends(topics)
    if (open.size === 0) return found
    const groupId = `conformance-${topics[0]}-${Date.now()}`
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
    const done = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      // Told of batches of nothing but transactions' markers too.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
        const key = `${topic} ${partition}`
        if (Number(lastOffset) + 1 >= (open.get(key) ?? 0)) open.delete(key)
        if (open.size === 0) resolve()
      })
    })
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ topic, message: { value } }) => void found.get(topic)!.push(String(value)),
      })
      await done
    } finally {
      await consumer.disconnect()
      await this.#forget(groupId)
    }
    return found
  }

  async clear(): Promise<void> {
    const topics = [...this.#made]
    this.#made.clear()
    if (topics.length === 0) return
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics }).catch(() => {})
    await admin.disconnect()
  }

  async #check(cases: readonly Prepared[]): Promise<void> {
    const ends = await this.#ends(cases.map(({ name }) => `${name}_in`))
    for (const { name, records } of cases) {
      const partitions = [...new Set(records.map(({ partition }) => partition))]
      const held = partitions.reduce((sum, each) => sum + (ends.get(`${name}_in ${each}`) ?? 0), 0)
      if (held !== records.length) throw new Error(`${name}_in holds ${held} records of ${records.length}`)
    }
  }

  /** Of partitions that hold anything. */
  async #ends(topics: readonly string[]): Promise<Map<string, number>> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const ends = new Map<string, number>()
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        if (Number(high) > Number(low)) ends.set(`${topic} ${partition}`, Number(high))
      }
    }
    await admin.disconnect()
    return ends
  }

  async #forget(groupId: string): Promise<void> {
    const admin = this.#kafka.admin({ retry: { retries: 0 } })
    await admin.connect()
    await admin.deleteGroups([groupId]).catch(() => {})
    await admin.disconnect()
  }
}
