/**
 * One apply at a time, wherever it runs from: a consumer group on the source topic whose oldest member gets everything.
 * A crash frees the lock after the session's time-out; the broker's own clean-up removes the empty group.
 */
import type {
  AssignerProtocol,
  Assignment,
  Consumer,
  GroupMember,
  PartitionAssigner,
  RetryOptions,
} from 'kafkajs'
import type { KafkaEndpoint } from '../endpoints.ts'
import { abortable, openKafka, patient, soon } from './kafka-client.ts'
import { isBrokenOff, isLoading, kafkaFailure } from './kafka-failure.ts'

type Codec = typeof AssignerProtocol

export interface Lock {
  readonly endpoint: KafkaEndpoint
  readonly pipeline: string
  /** Any topic that exists. */
  readonly topic: string
  readonly signal: AbortSignal
  /** Milliseconds since the epoch, the lock's place in the queue. */
  readonly since: number
  /** Called once when somebody else holds the lock. */
  onWait(): void
  /** How long to wait for a broker that does not answer, default three minutes. */
  readonly retry?: RetryOptions
}

const sessionTimeoutMillis = 15_000

/** At 200 ms each, in which kafkajs joins again by itself: a minute. */
const mostRestarts = 300

/**
 * Runs the work while no other apply of the pipeline does; waits for as long as the signal allows. Throws what the work
 * throws, the signal's reason, or Failure when Kafka gives no lock.
 */
export async function withLock<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  const { AssignerProtocol: codec } = await import('kafkajs')
  const consumer = (await openKafka(lock.endpoint, lock.retry ?? patient)).consumer({
    groupId: `pipec.${lock.pipeline}.apply`,
    partitionAssigners: [oldestFirst(lock.since, codec)],
    sessionTimeout: sessionTimeoutMillis,
    heartbeatInterval: 1_000,
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 500,
    // A topic that is deleted meanwhile would be made again by the mere question for it.
    allowAutoTopicCreation: false,
  })
  try {
    await acquired(consumer, lock)
    return await work()
  } finally {
    await soon(consumer.disconnect())
  }
}

async function acquired(consumer: Consumer, lock: Lock): Promise<void> {
  try {
    await abortable(joined(consumer, lock), lock.signal)
  } catch (error) {
    if (lock.signal.aborted) throw lock.signal.reason
    throw kafkaFailure(lock.endpoint, error)
  }
}

async function joined(consumer: Consumer, lock: Lock): Promise<void> {
  await consumer.connect()
  await consumer.subscribe({ topics: [lock.topic], fromBeginning: false })
  await new Promise<void>((done, failed) => {
    let waiting = false
    consumer.on('consumer.group_join', ({ payload }) => {
      consumer.pause([{ topic: lock.topic }])
      if ((payload.memberAssignment[lock.topic]?.length ?? 0) > 0) done()
      else if (!waiting) {
        waiting = true
        lock.onWait()
      }
    })
    let again = 0
    consumer.on('consumer.crash', ({ payload }) => {
      const passing = isLoading(payload.error) || isBrokenOff(payload.error)
      if (!(payload.restart && passing && ++again < mostRestarts)) failed(payload.error)
    })
    consumer.run({ autoCommit: false, eachMessage: async () => {} }).catch(failed)
  })
}

/** The member that has waited longest gets every partition, the others none. */
function oldestFirst(since: number, codec: Codec): PartitionAssigner {
  return ({ cluster }) => ({
    name: 'pipec-oldest-first',
    version: 1,
    async assign({ members, topics }) {
      const [oldest] = [...members].sort(
        (a, b) => age(a, codec) - age(b, codec) || (a.memberId < b.memberId ? -1 : 1),
      )
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: codec.MemberAssignment.encode({
          version: 1,
          assignment:
            memberId === oldest?.memberId
              ? everything(topics, cluster.findTopicPartitionMetadata.bind(cluster))
              : {},
          userData: Buffer.alloc(0),
        }),
      }))
    },
    protocol: ({ topics }) => ({
      name: 'pipec-oldest-first',
      metadata: codec.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(String(since)) }),
    }),
  })
}

function age(member: GroupMember, codec: Codec): number {
  return Number(
    codec.MemberMetadata.decode(member.memberMetadata)?.userData.toString() ?? Number.MAX_SAFE_INTEGER,
  )
}

function everything(
  topics: readonly string[],
  partitionsOf: (topic: string) => { partitionId: number }[],
): Assignment {
  return Object.fromEntries(
    topics.map((topic) => [topic, partitionsOf(topic).map(({ partitionId }) => partitionId)]),
  )
}
