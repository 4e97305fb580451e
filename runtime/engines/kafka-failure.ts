/** What kafkajs throws, said as what a user can do about it. */
import type { KafkaEndpoint } from '../endpoints.ts'
import { Failure, isFailure } from '../failure.ts'

/** The fields by which kafkajs and Node tell errors apart; messages stay the broker's own. */
interface Fault extends Error {
  /** Node's: `ECONNREFUSED`, `ENOTFOUND`, a TLS code. */
  readonly code?: string | number
  /** A Kafka protocol error's: `TOPIC_AUTHORIZATION_FAILED`. */
  readonly type?: string
  readonly errors?: readonly Fault[]
}

/** A Failure for whatever kafkajs threw; anything that is neither Kafka's nor the network's is a bug and comes back as it is. */
export function kafkaFailure(endpoint: KafkaEndpoint, error: unknown): unknown {
  if (isFailure(error) || !(error instanceof Error)) return error
  const fault = rootOf(error)
  if (!isKafkas(error) && fault.code === undefined && fault.message !== neverSpoke) return error
  const { message, next } = explain(fault)
  return new Failure(`Kafka at ${endpoint.bootstrapServers} ${message}`, { next, cause: error })
}

/** A bare Error that kafkajs throws when something took the connection and never answered as a broker does. */
const neverSpoke = 'Broker not connected'

/** The protocol error's type that lies at the bottom, `null` if there is none. */
export function faultType(error: unknown): string | null {
  return error instanceof Error ? (rootOf(error).type ?? null) : null
}

const loading: ReadonlySet<string> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** Whether a broker has not read its groups yet, as for a moment after its start: it will answer. */
export function isLoading(error: unknown): boolean {
  return loading.has(faultType(error) ?? '')
}

/** Whether an answer was lost with its connection, and kafkajs has not asked again and again already: it may be asked once more. */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && /^KafkaJSConnection(Closed)?Error$/.test(error.name)
}

function isKafkas(error: Error): boolean {
  return error.name.startsWith('KafkaJS')
}

function rootOf(error: Error): Fault {
  let current = error as Fault
  for (;;) {
    const inner = current.errors?.[0] ?? current.cause
    if (!(inner instanceof Error)) return current
    current = inner as Fault
  }
}

interface Explanation {
  readonly message: string
  readonly next: string
}

function explain(fault: Fault): Explanation {
  const words = fault.message.replace(/^Connection error: /, '').replace(/\.$/, '')
  const kind = kinds.find(({ applies }) => applies(fault, `${fault.code ?? ''} ${words}`))
  if (kind === undefined && fault.type !== undefined) return explainAnswer(fault.type, words)
  const message = `${kind?.message ?? 'failed'}: ${words || fault.code}.`
  return { message, next: kind?.next ?? 'Look at the broker’s log, then try again.' }
}

const kinds: readonly {
  readonly applies: (fault: Fault, text: string) => boolean
  readonly message: string
  readonly next: string
}[] = [
  {
    applies: ({ name, type }) => name.includes('SASL') || (type ?? '').includes('SASL'),
    message: 'refused the login',
    next: 'Check `protocol`, `mechanism`, the username and the password in the environment.',
  },
  {
    applies: ({ type }, text) => type === undefined && /ENOTFOUND|EAI_AGAIN/.test(text),
    message: 'cannot be found',
    next: 'Check the host name in `bootstrap_servers`.',
  },
  {
    applies: ({ type }, text) => type === undefined && /CERT|certificate|SSL|TLS|EPROTO/.test(text),
    message: 'cannot be trusted',
    next: 'Check `protocol` in the environment, and give the authority’s PEM file as `ca`.',
  },
  {
    applies: ({ name }) => name === 'KafkaJSRequestTimeoutError',
    message: 'has not answered in time',
    next: 'Try again; if it stays so, look at the broker’s log.',
  },
  {
    applies: ({ type }, text) =>
      type === undefined && /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|[Tt]imeout|ETIMEDOUT/.test(text),
    message: 'cannot be reached',
    next: 'Start it (`pipec up` for the local environment), or check `bootstrap_servers` in the environment.',
  },
  {
    applies: ({ message }) => message === neverSpoke,
    message: 'does not answer as a Kafka broker',
    next: 'Check that `bootstrap_servers` is a broker’s address and not another server’s.',
  },
  {
    applies: ({ type }, text) => type === undefined && /[Cc]losed connection|ECONNRESET|EPIPE/.test(text),
    message: 'broke off the connection',
    next: 'Try again; if it stays so, check that `protocol` in the environment is what this port speaks, and look at the broker’s log.',
  },
]

function explainAnswer(type: string, words: string): Explanation {
  const message = `answered ${type}: ${words}.`
  if (type.includes('AUTHORIZATION')) {
    return { message, next: 'Grant the environment’s user the right that is missing.' }
  }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return { message, next: '`pipec apply` makes the topics.' }
  }
  return { message, next: 'Correct what the broker complains of, or look at its log.' }
}
