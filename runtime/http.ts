/** The only door to HTTP: a deadline, a limit, a typed failure, and retries for what may be repeated. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './failure.ts'
import { type Answering, type Fate, type Fault, faultOf, Lost, TooLong, whoAnswers } from './http-failure.ts'
import { shortened } from './text.ts'

export { Lost }

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

export interface Server extends Answering {
  readonly signal: AbortSignal
}

const maximumBytes = 64 * 1024 * 1024
const attempts = 4

/**
 * Sends one request and gives its answer whatever its status, but 429 and 503, which are waited out (Retry-After, else
 * 0.5 s, 1 s, 2 s) for up to four attempts. Throws Failure, `Lost` where the request may have been carried out.
 */
export async function send(server: Server, request: Request): Promise<Response> {
  refuseAddress(server)
  const repeatable = request.repeatable ?? request.method === 'GET'
  for (let attempt = 1; ; attempt++) {
    const outcome = await once(server, request)
    if ('fate' in outcome) {
      if (attempt >= attemptsAfter(outcome.fate, repeatable)) throw outcome.failure
      await pause(server, backoff(attempt))
      continue
    }
    if ((outcome.status !== 429 && outcome.status !== 503) || attempt >= attempts) return outcome
    await pause(server, outcome.retryAfter ?? backoff(attempt))
  }
}

function attemptsAfter(fate: Fate, repeatable: boolean): number {
  if (fate === 'unsent') return attempts
  if (fate === 'hopeless' || !repeatable) return 1
  return fate === 'late' ? 2 : attempts
}

/** A password in the address would be printed with every message about it. */
function refuseAddress({ engine, endpoint }: Server): void {
  const url = URL.canParse(endpoint.url) ? new URL(endpoint.url) : null
  if (url !== null && /^https?:$/.test(url.protocol) && url.username + url.password === '') return
  throw new Failure(`The address of ${engine} is not one of http:// or https:// with a host and a port.`, {
    next: 'Check it in the environment; a user and a password go under "auth" and not into the address.',
  })
}

function backoff(attempt: number): number {
  return 250 * 2 ** attempt
}

async function pause(server: Server, milliseconds: number): Promise<void> {
  await sleep(Math.min(milliseconds, 30_000), undefined, { signal: server.signal })
}

type Answer = Response & { readonly retryAfter: number | null }

async function once(server: Server, request: Request): Promise<Answer | Fault> {
  const timeout = request.timeout ?? 30_000
  const limit = limited(server.signal, timeout)
  try {
    const answer = await fetch(server.endpoint.url.replace(/\/+$/, '') + request.path, {
      method: request.method,
      headers: headers(server, request),
      ...(request.body === undefined ? {} : { body: bodyText(request.body) }),
      redirect: 'manual',
      signal: limit.signal,
    })
    const text = withoutLogin(server, await limitedText(answer))
    return {
      status: answer.status,
      text,
      json: () => parse(server, answer.status, text),
      retryAfter: retryAfter(answer),
    }
  } catch (error) {
    if (server.signal.aborted) throw server.signal.reason
    return faultOf(server, timeout, error)
  } finally {
    limit.release()
  }
}

/** By hand: Node 20 may collect the signal that `AbortSignal.any` makes of a timeout, which then never fires. */
function limited(outer: AbortSignal, timeout: number) {
  const controller = new AbortController()
  const stop = (): void => controller.abort(outer.reason)
  const late = (): void => controller.abort(new DOMException('too late', 'TimeoutError'))
  if (outer.aborted) stop()
  outer.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(late, timeout)
  const release = (): void => {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
  return { signal: controller.signal, release }
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function headers(server: Server, request: Request): Record<string, string> {
  const login = loginOf(server)
  return {
    accept: request.accept ?? 'application/json',
    // Opening what is compressed took a tenth of the time that apply computes.
    'accept-encoding': 'identity',
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...(login === null ? {} : { authorization: `Basic ${login}` }),
  }
}

function loginOf({ endpoint: { auth } }: Server): string | null {
  return auth === null ? null : Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
}

/** A proxy's error page may show the request's headers, and messages show the page. */
function withoutLogin(server: Server, text: string): string {
  const login = loginOf(server)
  return login === null ? text : text.replaceAll(login, '***')
}

async function limitedText(answer: globalThis.Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maximumBytes) throw new TooLong(`answered with more than ${maximumBytes / 1024 / 1024} MiB`)
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
    const start = shortened(text, 200).replaceAll(/\s+/g, ' ')
    throw new Failure(
      `${server.engine} at ${server.endpoint.url} answered ${status} with something that is not JSON.`,
      { detail: start, next: whoAnswers },
    )
  }
}
