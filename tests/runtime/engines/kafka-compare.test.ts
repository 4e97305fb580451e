import { expect, test } from 'vitest'
import type { TopicResource } from '../../../compiler/manifest.ts'
import { type ActualTopic, compareTopic } from '../../../runtime/engines/kafka-compare.ts'
import { markerOf } from '../../../runtime/engines/kafka-marker.ts'
import type { TopicDetail } from '../../../runtime/engines/kafka-topics.ts'

const desired: TopicResource = {
  kind: 'kafka-topic',
  address: 'kafka.topic.t',
  line: 1,
  hash: 'sha256:0000000000000000',
  topic: 't',
  partitions: 3,
  config: { 'cleanup.policy': 'delete' },
  role: 'source',
  create: true,
}

function actual(detail: Partial<TopicDetail> = {}): ActualTopic {
  const config = { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }
  return {
    address: 'kafka.topic.t',
    kind: 'kafka-topic',
    hash: null,
    status: 'running',
    summary: '',
    position: null,
    detail: {
      topic: 't',
      partitions: 3,
      config,
      explicit: {},
      ours: true,
      leaderless: [],
      offsets: 0,
      ...detail,
    },
  }
}

function decision(wanted: Partial<TopicResource> | null, found: Partial<TopicDetail> | null) {
  const change = compareTopic(
    wanted === null ? null : { ...desired, ...wanted },
    found === null ? null : actual(found),
  )
  const fields = change.fields.map(({ field, from, to }) => `${field}: ${from} -> ${to}`)
  return { action: change.action, fields, reason: change.reason }
}

test.each([
  ['is not there', {}, null, 'create', []],
  ['is as declared', {}, {}, 'unchanged', []],
  ['has too few partitions', {}, { partitions: 1 }, 'update', ['partitions: 1 -> 3']],
  ['has too many partitions', {}, { partitions: 4 }, 'refuse', ['partitions: 4 -> 3']],
  [
    'was given another policy',
    {},
    { config: { 'cleanup.policy': 'compact' } },
    'update',
    ['cleanup.policy: compact -> delete'],
  ],
  [
    'has another retention',
    { config: { 'retention.ms': '-1' } },
    {},
    'update',
    ['retention.ms: 604800000 -> -1'],
  ],
] as const)('a topic of our own that %s', (_, wanted, found, action, fields) => {
  expect(decision(wanted, found)).toMatchObject({ action, fields })
})

test.each([
  ['fits', {}, {}, 'unchanged'],
  ['has another retention', { config: { 'retention.ms': '-1' } }, {}, 'unchanged'],
  ['has too few partitions', {}, { partitions: 2 }, 'refuse'],
  ['has more partitions as a source', {}, { partitions: 9 }, 'refuse'],
  ['has more partitions as a result', { role: 'result' }, { partitions: 9 }, 'unchanged'],
  ['is compacted', {}, { config: { 'cleanup.policy': 'compact' } }, 'refuse'],
  ['is compacted and deleted', {}, { config: { 'cleanup.policy': 'compact,delete' } }, 'refuse'],
  ['is not wanted', null, {}, 'unchanged'],
] as const)('a topic of somebody else’s that %s', (_, wanted, found, action) => {
  expect(decision(wanted, { ...found, ours: false }).action).toBe(action)
})

test('a refusal says what to write instead', () => {
  expect(decision({}, { partitions: 9 }).reason).toContain('write `partitions: 9`')
  expect(decision({}, { partitions: 1, ours: false }).reason).toContain('write `partitions: 1`')
})

test('only what pipec made is deleted, and its records are spoken of', () => {
  expect(compareTopic(null, actual())).toMatchObject({
    action: 'delete',
    state: expect.stringContaining('records'),
  })
})

test('what differs on a topic of somebody else’s is told', () => {
  const { reason } = decision({ config: { 'retention.ms': '-1' } }, { ours: false })
  expect(reason).toBe('It exists and was not made by pipec (retention.ms is 604800000).')
})

test('the topic that ksqlDB makes is left to it, unless pipec made one of that name', () => {
  expect(decision({ create: false }, null).action).toBe('unchanged')
  expect(decision({ create: false }, { ours: false, partitions: 1 }).action).toBe('unchanged')
  expect(decision({ create: false }, {}).action).toBe('refuse')
})

test('the mark never flushes in practice and differs by pipeline and topic', () => {
  const marks = [markerOf('p', 't'), markerOf('q', 't'), markerOf('p', 'u')].map(BigInt)
  expect(new Set(marks).size).toBe(3)
  for (const mark of marks) {
    expect(mark).toBeLessThan(2n ** 63n - 1n)
    expect(mark).toBeGreaterThanOrEqual(2n ** 63n - 1n - 2n ** 31n)
  }
  expect(markerOf('p', 't')).toBe(markerOf('p', 't'))
})
