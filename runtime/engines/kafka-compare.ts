/** What has to happen to one topic: pure. */
import type { TopicResource } from '../../compiler/manifest.ts'
import type { Action, Actual, Change, FieldChange } from './engine.ts'
import type { TopicDetail } from './kafka-topics.ts'

export type ActualTopic = Actual<TopicDetail>
export type TopicChange = Change<TopicResource, ActualTopic>

/** One decision; `state` says what happens to records. */
interface Verdict {
  readonly action: Action
  readonly reason: string
  readonly fields?: readonly FieldChange[]
  readonly state?: string
}

export function compareTopic(desired: TopicResource | null, actual: ActualTopic | null): TopicChange {
  const address = desired?.address ?? actual?.address
  if (address === undefined) throw new TypeError('nothing to compare')
  const { fields = [], state = null, ...rest } = verdict(desired, actual?.detail ?? null)
  return { address, engine: 'kafka', ...rest, fields, state, desired, actual }
}

function verdict(desired: TopicResource | null, actual: TopicDetail | null): Verdict {
  if (desired === null) return unwanted(actual)
  if (!desired.create) return madeElsewhere(desired, actual)
  if (actual === null) return { action: 'create', reason: 'There is no such topic.' }
  return actual.ours ? ownTopic(desired, actual) : foreignTopic(desired, actual)
}

function unwanted(actual: TopicDetail | null): Verdict {
  if (actual === null || !actual.ours)
    return { action: 'unchanged', reason: 'Not made by pipec: left alone.' }
  return {
    action: 'delete',
    reason: 'pipec made it, and it is no longer wanted.',
    state: 'its records are deleted with it',
  }
}

function madeElsewhere(desired: TopicResource, actual: TopicDetail | null): Verdict {
  if (actual === null) return { action: 'unchanged', reason: 'ksqlDB makes it when its query starts.' }
  if (!actual.ours) return { action: 'unchanged', reason: 'ksqlDB’s own topic.' }
  return {
    action: 'refuse',
    reason:
      `pipec made "${desired.topic}" for another engine, and ksqlDB only writes to a topic that it made itself: ` +
      'give `engines.ksqldb` another topic, or delete this one.',
  }
}

function ownTopic(desired: TopicResource, actual: TopicDetail): Verdict {
  if (actual.partitions > desired.partitions) return tooMany(desired, actual)
  const partitions = partitionChange(desired, actual)
  const fields = [...partitions, ...configChanges(desired, actual)]
  if (fields.length === 0) return { action: 'unchanged', reason: 'As declared.' }
  if (partitions.length === 0) return { action: 'update', reason: 'Its settings differ.', fields }
  return {
    action: 'update',
    reason:
      'It gets more partitions; from then on records of one key may lie in another partition than before.',
    fields,
  }
}

function tooMany(desired: TopicResource, actual: TopicDetail): Verdict {
  return {
    action: 'refuse',
    reason:
      `It has ${actual.partitions} partitions and pipeline.yaml asks for ${desired.partitions}; Kafka cannot take ` +
      `partitions away: write \`partitions: ${actual.partitions}\`, name another topic, or delete this one with its records.`,
    fields: partitionChange(desired, actual),
  }
}

/** A topic that others made stays as it is; it is refused where results would be wrong on it. */
function foreignTopic(desired: TopicResource, actual: TopicDetail): Verdict {
  if (desired.role === 'source' && actual.partitions > desired.partitions) return tooMany(desired, actual)
  if (actual.partitions < desired.partitions) return tooFew(desired, actual)
  if (isCompacted(actual)) return compacted(desired, actual)
  const differing = configChanges(desired, actual).map(({ field, from }) => `${field} is ${from}`)
  const remark = differing.length === 0 ? '' : ` (${differing.join(', ')})`
  return { action: 'unchanged', reason: `It exists and was not made by pipec${remark}.` }
}

function tooFew(desired: TopicResource, actual: TopicDetail): Verdict {
  return {
    action: 'refuse',
    reason:
      `It was not made by pipec and has ${plural(actual.partitions, 'partition')} where pipeline.yaml asks for ` +
      `${desired.partitions}: write \`partitions: ${actual.partitions}\`, have its owner raise them, or name another topic.`,
    fields: partitionChange(desired, actual),
  }
}

function compacted(desired: TopicResource, actual: TopicDetail): Verdict {
  return {
    action: 'refuse',
    reason:
      'It was not made by pipec and is compacted, so the broker drops records of the same key: ' +
      'have its owner set cleanup.policy=delete, or name another topic.',
    fields: configChanges(desired, actual).filter(({ field }) => field === 'cleanup.policy'),
  }
}

function isCompacted({ config }: TopicDetail): boolean {
  return (config['cleanup.policy'] ?? '').split(',').includes('compact')
}

function partitionChange(desired: TopicResource, actual: TopicDetail): FieldChange[] {
  if (desired.partitions === actual.partitions) return []
  return [{ field: 'partitions', from: String(actual.partitions), to: String(desired.partitions) }]
}

function configChanges(desired: TopicResource, actual: TopicDetail): FieldChange[] {
  return Object.entries(desired.config)
    .filter(([key, value]) => actual.config[key] !== value)
    .map(([field, to]) => ({ field, from: actual.config[field] ?? 'unset', to }))
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
