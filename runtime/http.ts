/** The only door to HTTP: a deadline, a limit, a typed failure, and retries for what may be repeated. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpEndpoint } from './endpoints.ts'
import { Failure } from './failure.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  /** Appended to the endpoint's url. */
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  /** Milliseconds for the whole answer, default 30 000. */
  readonly timeout?: number
  /** Whether it may be sent again after a fault that leaves open whether it arrived; default: only GET. */
  readonly repeatable?: boolean
}

export interface Response {
  readonly status: number
  readonly text: string
  /** The body as JSON; throws Failure when it is something else (a proxy's HTML page, say). */
  json(): unknown
}

/** `engine` is the name that a message calls the server by. */
export interface Server {
  readonly engine: string
  readonly endpoint: HttpEndpoint
  readonly signal: AbortSignal
}

/** An answer that never came: nobody knows whether the request was carried out. */
export class Lost extends Failure {}

const maximumBytes = 64 * 1024 * 1024
const attempts = 4

/**
 * Sends one request and gives its answer whatever its status, but 429 and 503, which are waited out (Retry-After, else
 * 0.5 s, 1 s, 2 s) for up to four attempts. Throws Failure, `Lost` where the request may have been carried out.
 */
export async function send(server: Server, request: Request): Promise<Response> {
  const repeatable = request.repeatable ?? request.method === 'GET'
  for (let attempt = 1; ; attempt++) {
    const outcome = await once(server, request)
    if (outcome instanceof Failure) {
      const refused = !(outcome instanceof Lost)
      if (attempt >= attempts || !(repeatable || refused)) throw outcome
      await pause(server, backoff(attempt))
      continue
    }
    if ((outcome.status !== 429 && outcome.status !== 503) || attempt >= attempts) return outcome
    await pause(server, outcome.retryAfter ?? backoff(attempt))
  }
}

function backoff(attempt: number): number {
  return 250 * 2 ** attempt
}

async function pause(server: Server, milliseconds: number): Promise<void> {
  await sleep(Math.min(milliseconds, 30_000), undefined, { signal: server.signal })
}

async function once(
  server: Server,
  request: Request,
): Promise<(Response & { retryAfter: number | null }) | Failure> {
  const timeout = request.timeout ?? 30_000
  const url = server.endpoint.url.replace(/\/+$/, '') + request.path
  try {
    const answer = await fetch(url, {
      method: request.method,
      headers: headers(server, request),
      ...(request.body === undefined ? {} : { body: bodyText(request.body) }),
      redirect: 'manual',
      signal: AbortSignal.any([server.signal, AbortSignal.timeout(timeout)]),
    })
    const text = await limitedText(answer)
    return {
      status: answer.status,
      text,
      json: () => parse(server, answer.status, text),
      retryAfter: retryAfter(answer),
    }
  } catch (error) {
    if (server.signal.aborted) throw server.signal.reason
    return asFailure(server, timeout, error)
  }
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function headers(server: Server, request: Request): Record<string, string> {
  const { auth } = server.endpoint
  return {
    accept: request.accept ?? 'application/json',
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...(auth === null
      ? {}
      : { authorization: 'Basic ' + Buffer.from(`${auth.username}:${auth.password}`).toString('base64') }),
  }
}

async function limitedText(answer: globalThis.Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maximumBytes) throw new RangeError(`an answer of more than ${maximumBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function retryAfter(answer: globalThis.Response): number | null {
  const value = answer.headers.get('retry-after')
  if (value === null) return null
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}

function parse(server: Server, status: number, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const start = text.slice(0, 200).replaceAll(/\s+/g, ' ')
    throw new Failure(
      `${server.engine} at ${server.endpoint.url} answered ${status} with something that is not JSON.`,
      {
        detail: start,
        next: 'Check that the address is that of the engine itself and not of a proxy or a login page.',
      },
    )
  }
}

/** These faults happen before a request can have been read. */
const neverArrived = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
])

function asFailure(server: Server, timeout: number, error: unknown): Failure {
  const cause = innermost(error)
  const code = (cause as { code?: string }).code ?? ''
  const where = `${server.engine} at ${server.endpoint.url}`
  if (neverArrived.has(code) || isTls(code)) {
    return new Failure(`${where} cannot be reached: ${cause.message || code}.`, {
      next: reachAdvice(code),
      cause: error,
    })
  }
  if (cause.name === 'TimeoutError') {
    return new Lost(`${where} did not answer within ${timeout / 1000} s.`, {
      next: 'Look at its log, then try again.',
      cause: error,
    })
  }
  return new Lost(`${where} broke off its answer: ${cause.message || code}.`, {
    next: 'Look at its log, then try again.',
    cause: error,
  })
}

function innermost(error: unknown): Error {
  let current = error instanceof Error ? error : new Error(String(error))
  while (current.cause instanceof Error) current = current.cause
  if (current instanceof AggregateError && current.errors[0] instanceof Error) return current.errors[0]
  return current
}

function isTls(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)
}

function reachAdvice(code: string): string {
  if (isTls(code)) return 'Check the certificate, or name its authority in NODE_EXTRA_CA_CERTS.'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Check the host name in the environment.'
  return 'Start it (`pipec up` for the local environment), or check the address in the environment.'
}
