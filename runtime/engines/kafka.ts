/** Topics: made, raised, configured and deleted, and only those that pipec made itself. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { TopicResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context, Engine } from './engine.ts'
import { settled, withAdmin } from './kafka-client.ts'
import { type ActualTopic, compareTopic, type TopicChange } from './kafka-compare.ts'
import { faultType } from './kafka-failure.ts'
import { markerKey, markerOf } from './kafka-marker.ts'
import { alterTopic, createTopic, describeTopics, observeTopics, type TopicDetail } from './kafka-topics.ts'

export const kafka: Engine<TopicResource, ActualTopic> = {
  key: 'kafka',
  kinds: ['kafka-topic'],
  observe,
  compare: compareTopic,
  apply,
}

async function observe(desired: readonly TopicResource[], context: Context): Promise<readonly ActualTopic[]> {
  const wanted = new Set(desired.map(({ topic }) => topic))
  const found = await withAdmin(
    context.endpoints.kafka,
    (admin) => observeTopics(admin, context.pipeline, wanted),
    context.signal,
  )
  return found.map(asActual)
}

/** `hash` is never known: a topic is compared setting by setting. */
function asActual(detail: TopicDetail): ActualTopic {
  return {
    address: `kafka.topic.${detail.topic}`,
    kind: 'kafka-topic',
    hash: null,
    status: detail.leaderless.length === 0 ? 'running' : 'failed',
    summary: summary(detail),
    position: null,
    detail,
  }
}

function summary({ partitions, offsets, ours, leaderless }: TopicDetail): string {
  if (leaderless.length > 0) return `no leader for partition ${leaderless.join(', ')}`
  const shape = `${partitions} partition${partitions === 1 ? '' : 's'}, ${offsets.toLocaleString('en')} offsets`
  return ours ? shape : `${shape}, not made by pipec`
}

async function apply(change: TopicChange, context: Context, step: ProgressStep): Promise<void> {
  switch (change.action) {
    case 'unchanged':
      return
    case 'refuse':
    case 'replace':
      throw new Failure(`${change.address}: ${change.reason}`)
    case 'create':
    case 'update':
      return make(required(change), context, step)
    case 'delete':
      return remove(change.actual?.detail.topic ?? '', context)
  }
}

function required({ desired }: TopicChange): TopicResource {
  if (desired === null) throw new TypeError('a topic to make is not described')
  return desired
}

/** Looks first, so that a topic that an interrupted apply has left half done is finished, and not made twice. */
async function make(desired: TopicResource, context: Context, step: ProgressStep): Promise<void> {
  await withAdmin(
    context.endpoints.kafka,
    async (admin) => {
      const present = await find(admin, desired.topic, context)
      if (present === null && (await createMarked(admin, desired, context, step))) return
      const actual = present ?? (await find(admin, desired.topic, context))
      if (actual !== null) await converge(admin, desired, actual)
    },
    context.signal,
  )
}

async function find(admin: Admin, topic: string, context: Context): Promise<TopicDetail | null> {
  if (!(await admin.listTopics()).includes(topic)) return null
  const [detail = null] = await describeTopics(admin, context.pipeline, [topic])
  return detail
}

/** A managed Kafka may forbid the setting that marks a topic; then the topic is made without, and destroy leaves it. */
async function createMarked(
  admin: Admin,
  { topic, partitions, config }: TopicResource,
  context: Context,
  step: ProgressStep,
): Promise<boolean> {
  const marker = { [markerKey]: markerOf(context.pipeline, topic) }
  try {
    return await createTopic(admin, topic, partitions, { ...config, ...marker })
  } catch (error) {
    if (!['INVALID_CONFIG', 'POLICY_VIOLATION'].includes(faultType(error) ?? '')) throw error
    const made = await createTopic(admin, topic, partitions, config)
    step.update(1, `this Kafka refuses ${markerKey}, pipec's mark: destroy will leave the topic`)
    return made
  }
}

async function converge(admin: Admin, desired: TopicResource, actual: TopicDetail): Promise<void> {
  const change = compareTopic(desired, asActual(actual))
  if (change.action === 'refuse') throw new Failure(`${change.address}: ${change.reason}`)
  if (change.action !== 'update') return
  if (actual.partitions < desired.partitions) await raisePartitions(admin, desired)
  if (change.fields.some(({ field }) => field !== 'partitions'))
    await alterTopic(admin, actual, desired.config)
}

async function raisePartitions(admin: Admin, { topic, partitions }: TopicResource): Promise<void> {
  await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
  // Until each new partition has a leader, jobs that read the topic fail.
  await settled(() => admin.fetchTopicOffsets(topic))
}

/** Asks for the mark once more: between plan and apply somebody may have made a topic of the same name. */
async function remove(topic: string, context: Context): Promise<void> {
  await withAdmin(
    context.endpoints.kafka,
    async (admin) => {
      const actual = await find(admin, topic, context)
      if (actual === null || !actual.ours) return
      await deleteTopic(admin, topic)
    },
    context.signal,
  )
}

/** Whoever deleted it, it is gone then. */
async function deleteTopic(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.deleteTopics({ topics: [topic] })
  } catch (error) {
    if (faultType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
  }
  await gone(admin, topic)
}

async function gone(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (!(await admin.listTopics()).includes(topic)) return
    await sleep(200)
  }
  throw new Failure(`Kafka has accepted the deletion of "${topic}" and still lists it after 30 s.`, {
    next: 'Run `pipec destroy` again; if it stays, look at the broker’s log.',
  })
}
