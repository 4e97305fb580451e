/** What the broker says about topics, and the requests that change them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, ITopicMetadata } from 'kafkajs'
import { settled } from './kafka-client.ts'
import { faultType } from './kafka-failure.ts'
import { markerKey, markerOf } from './kafka-marker.ts'

export interface TopicDetail {
  readonly topic: string
  readonly partitions: number
  /** Every setting as it is in force, defaults included. */
  readonly config: Readonly<Record<string, string>>
  /** The settings of the topic itself. */
  readonly explicit: Readonly<Record<string, string>>
  /** Whether pipec made it, for this pipeline. */
  readonly ours: boolean
  /** Partitions without a leader. */
  readonly leaderless: readonly number[]
  /** Sum of the partitions' end offsets less their begin offsets; transactions' markers count. */
  readonly offsets: number
}

/** kafkajs' enumerations, which would load the whole of it. */
const topicResource = 2
const setOnTopic = 1

const describedAtOnce = 500

/** The topics that are pipec's or wanted, of all that the broker has. */
export async function observeTopics(
  admin: Admin,
  pipeline: string,
  wanted: ReadonlySet<string>,
): Promise<readonly TopicDetail[]> {
  const all = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'))
  const present = all.filter((topic) => wanted.has(topic))
  const ours = await oursAmong(admin, pipeline, all)
  return describeTopics(admin, pipeline, [...new Set([...present, ...ours])])
}

/** By them a request for many topics fails as a whole. */
const notToBeSeen: ReadonlySet<string> = new Set(['TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION'])

/**
 * Topics whose settings the user may not see are none of ours, nor are those that somebody has deleted since they were
 * listed: the request is halved around them.
 */
async function oursAmong(admin: Admin, pipeline: string, topics: readonly string[]): Promise<string[]> {
  try {
    return await marked(admin, pipeline, topics)
  } catch (error) {
    if (!notToBeSeen.has(faultType(error) ?? '')) throw error
    if (topics.length === 1) return []
    const middle = Math.ceil(topics.length / 2)
    const first = await oursAmong(admin, pipeline, topics.slice(0, middle))
    return [...first, ...(await oursAmong(admin, pipeline, topics.slice(middle)))]
  }
}

async function marked(admin: Admin, pipeline: string, topics: readonly string[]): Promise<string[]> {
  const configs = await configsOf(admin, topics, [markerKey])
  return topics.filter((topic) => configs.get(topic)?.explicit[markerKey] === markerOf(pipeline, topic))
}

export async function describeTopics(
  admin: Admin,
  pipeline: string,
  topics: readonly string[],
): Promise<readonly TopicDetail[]> {
  if (topics.length === 0) return []
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics: [...topics] })
  const configs = await configsOf(admin, topics)
  return Promise.all(metadata.map((one) => detail(admin, pipeline, one, configs)))
}

async function detail(
  admin: Admin,
  pipeline: string,
  { name, partitions }: ITopicMetadata,
  configs: Configs,
): Promise<TopicDetail> {
  const { config = {}, explicit = {} } = configs.get(name) ?? {}
  const leaderless = partitions.filter(({ leader }) => leader < 0).map(({ partitionId }) => partitionId)
  return {
    topic: name,
    partitions: partitions.length,
    config,
    explicit,
    ours: explicit[markerKey] === markerOf(pipeline, name),
    leaderless,
    offsets: leaderless.length > 0 ? 0 : await offsetsHeld(admin, name),
  }
}

async function offsetsHeld(admin: Admin, topic: string): Promise<number> {
  const partitions = await settled(() => admin.fetchTopicOffsets(topic))
  return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
}

type Configs = ReadonlyMap<string, Pick<TopicDetail, 'config' | 'explicit'>>

async function configsOf(admin: Admin, topics: readonly string[], keys?: string[]): Promise<Configs> {
  const configs = new Map<string, Pick<TopicDetail, 'config' | 'explicit'>>()
  for (let start = 0; start < topics.length; start += describedAtOnce) {
    const resources = topics
      .slice(start, start + describedAtOnce)
      .map((name) => ({ type: topicResource, name, ...(keys === undefined ? {} : { configNames: keys }) }))
    const answer = await admin.describeConfigs({ resources, includeSynonyms: false })
    for (const { resourceName, configEntries } of answer.resources) {
      const own = configEntries.filter(({ configSource }) => configSource === setOnTopic)
      configs.set(resourceName, { config: record(configEntries), explicit: record(own) })
    }
  }
  return configs
}

function record(entries: readonly { configName: string; configValue: string }[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
}

/** Whether it was made now: false if there was one already, of whatever shape. */
export async function createTopic(
  admin: Admin,
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>>,
): Promise<boolean> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  // A replication factor of -1 is the broker's own default.
  const topics = [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }]
  const made = await admin.createTopics({ topics, waitForLeaders: false, timeout: 10_000 })
  await led(admin, topic)
  return made
}

/**
 * kafkajs' own `waitForLeaders` takes the first UNKNOWN_TOPIC_OR_PARTITION for the end, which is what a broker in KRaft
 * mode answers until the controller's word has reached it.
 */
async function led(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 1; attempt <= 100; attempt++) {
    if ((await admin.listTopics()).includes(topic)) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return
    }
    await sleep(100)
  }
}

/** Sends what is set already as well: the request replaces the topic's whole set, and would reset every key it lacks. */
export async function alterTopic(
  admin: Admin,
  { topic, explicit }: TopicDetail,
  config: Readonly<Record<string, string>>,
): Promise<void> {
  const configEntries = Object.entries({ ...explicit, ...config }).map(([name, value]) => ({ name, value }))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: topicResource, name: topic, configEntries }],
  })
}
