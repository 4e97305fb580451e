/** One Kafka client an environment: TLS and SASL from its endpoint, its own log silenced, its faults made into Failures. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Kafka, KafkaConfig, RetryOptions, SASLOptions } from 'kafkajs'
import type { KafkaEndpoint, KafkaSecurity } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import { authority } from './kafka-authority.ts'
import { faultType, kafkaFailure } from './kafka-failure.ts'
import { mendKafkajs } from './kafka-mends.ts'

/** Gives up within about two seconds: somebody waits at a terminal for "it is not there". */
export const brief: RetryOptions = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 3 }

/** Outlives a broker's restart: about three minutes. */
export const patient: RetryOptions = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 90 }

/** Throws Failure where the endpoint itself is wrong (no port, no readable certificate); connects to nothing yet. */
export async function openKafka(endpoint: KafkaEndpoint, retry: RetryOptions = brief): Promise<Kafka> {
  const { Kafka, logLevel } = await import('kafkajs')
  await mendKafkajs()
  return new Kafka({
    clientId: 'pipec',
    brokers: brokersOf(endpoint.bootstrapServers),
    connectionTimeout: 5_000,
    requestTimeout: 15_000,
    retry,
    logLevel: logLevel.NOTHING,
    logCreator: () => () => {},
    ...securityOf(endpoint.security),
  })
}

/**
 * Connects, does something, disconnects. Throws Failure with the broker's words and what to do, or the signal's reason
 * as soon as it is aborted.
 */
export async function withAdmin<T>(
  endpoint: KafkaEndpoint,
  use: (admin: Admin) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const admin = (await openKafka(endpoint)).admin()
  try {
    return await abortable(connectAndUse(admin, use), signal)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw kafkaFailure(endpoint, error)
  } finally {
    await soon(admin.disconnect())
  }
}

/** Waits for a farewell, but not for long: kafkajs holds it back for answers that a silent broker never gives. */
export async function soon(farewell: Promise<void>): Promise<void> {
  const enough = new AbortController()
  const waited = sleep(1_000, undefined, { signal: enough.signal })
  await Promise.race([farewell, waited]).catch(() => {})
  enough.abort()
}

async function connectAndUse<T>(admin: Admin, use: (admin: Admin) => Promise<T>): Promise<T> {
  await admin.connect()
  return use(admin)
}

const settling = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'GROUP_LOAD_IN_PROGRESS',
])

/**
 * Asks again for up to ten seconds while the cluster has yet to hear of a topic or a partition that it has just made, or a
 * broker that has just started still loads its groups.
 */
export async function settled<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (attempt >= 50 || !settling.has(faultType(error) ?? '')) throw error
      await sleep(200)
    }
  }
}

/** The promise's value, or the signal's reason if that comes first; kafkajs itself cannot be interrupted. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  promise.catch(() => {})
  signal.throwIfAborted()
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  signal.addEventListener('abort', abort)
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}

function brokersOf(bootstrapServers: string): string[] {
  const brokers = bootstrapServers.split(',').map((broker) => broker.trim())
  const wrong = brokers.find((broker) => !/^[^:\s]+:\d{1,5}$/.test(broker))
  if (wrong === undefined) return brokers
  throw new Failure(`"${wrong}" is not the address of a Kafka broker.`, {
    next: 'Write `bootstrap_servers` as host:port, several separated by commas.',
  })
}

function securityOf(security: KafkaSecurity | null): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  if (security === null) return {}
  const sasl = saslOf(security)
  return {
    ...(security.protocol === 'SASL_PLAINTEXT' ? {} : { ssl: tlsOf(security.ca) }),
    ...(sasl === null ? {} : { sasl }),
  }
}

function tlsOf(ca: string | null): true | { ca: string[] } {
  return ca === null ? true : { ca: [authority(ca)] }
}

const mechanisms = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const

function saslOf({ protocol, mechanism, username, password }: KafkaSecurity): SASLOptions | null {
  if (protocol === 'SSL') return null
  if (mechanism === null || username === null || password === null) {
    throw new Failure(`Kafka's security protocol ${protocol} needs a mechanism, a username and a password.`, {
      next: "Add them to the environment's Kafka security in pipeline.yaml.",
    })
  }
  return { mechanism: mechanisms[mechanism], username, password }
}
