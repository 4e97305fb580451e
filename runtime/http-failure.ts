/** What a request's fault means: what the user is told, and whether it may be sent again. */
import type { HttpEndpoint } from './endpoints.ts'
import { Failure } from './failure.ts'

/** Who was asked. `engine` is the name that a message calls it by. */
export interface Answering {
  readonly engine: string
  readonly endpoint: HttpEndpoint
}

/** An answer that never came: nobody knows whether the request was carried out. */
export class Lost extends Failure {}

/**
 * `unsent`: the server cannot have read it. `unknown`: it may have. `late`: it may have, and a whole deadline is gone.
 * `hopeless`: another attempt would meet the same.
 */
export type Fate = 'unsent' | 'unknown' | 'late' | 'hopeless'

export interface Fault {
  readonly failure: Failure
  readonly fate: Fate
}

/** An answer beyond the limit. */
export class TooLong extends Error {}

/** These faults happen before a request can have been read. */
const neverArrived = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** @param timeout in milliseconds, as it was given to the request. */
export function faultOf(server: Answering, timeout: number, error: unknown): Fault {
  const cause = innermost(error)
  const code = codeOf(cause)
  const where = `${server.engine} at ${server.endpoint.url}`
  const words = cause.message || code
  const told = (text: string, next: string) => new Failure(`${where} ${text}`, { next, cause: error })
  const lost = (text: string, next: string) => new Lost(`${where} ${text}`, { next, cause: error })
  if (isTls(code)) return { failure: told(`cannot be reached: ${words}.`, tlsAdvice(code)), fate: 'hopeless' }
  if (neverArrived.has(code))
    return { failure: told(`cannot be reached: ${words}.`, reachAdvice(code)), fate: 'unsent' }
  if (words === 'bad port')
    return {
      failure: told('cannot be reached: browsers and Node.js block that port.', moved),
      fate: 'hopeless',
    }
  if (cause instanceof TooLong) return { failure: told(`${words}.`, whoAnswers), fate: 'hopeless' }
  if (code.startsWith('HPE_'))
    return { failure: lost(`does not speak HTTP there: ${words}.`, whoAnswers), fate: 'hopeless' }
  if (cause.name === 'TimeoutError')
    return { failure: lost(`did not answer within ${timeout / 1000} s.`, again), fate: 'late' }
  return { failure: lost(`broke off its answer: ${words}.`, again), fate: 'unknown' }
}

const again = 'Look at its log, then try again.'
const moved = 'Let it listen on another port.'

/** Where somebody else seems to listen. */
export const whoAnswers =
  'Check that the address is that of the engine itself and not of a proxy or a login page.'

/** A DOMException's is a number, and means nothing here. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function innermost(error: unknown): Error {
  let current = error instanceof Error ? error : new Error(String(error))
  while (current.cause instanceof Error) current = current.cause
  if (current instanceof AggregateError && current.errors[0] instanceof Error) return current.errors[0]
  return current
}

function isTls(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)
}

function tlsAdvice(code: string): string {
  return /WRONG_VERSION|EPROTO|PACKET_LENGTH/.test(code)
    ? 'Check whether the address begins with http:// or https://.'
    : 'Check the certificate, or name its authority in NODE_EXTRA_CA_CERTS.'
}

function reachAdvice(code: string): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Check the host name in the environment.'
  return 'Start it (`pipec up` for the local environment), or check the address in the environment.'
}
