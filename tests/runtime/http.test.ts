/** The door to HTTP against servers that misbehave in every way there is: what is repeated, what is not, what is told. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type Failure, isFailure } from '../../runtime/failure.ts'
import { Lost, type Request, type Response, send } from '../../runtime/http.ts'
import { lacks } from '../fixtures/tools.ts'

const auth = { username: 'alice', password: 'correct horse: battery' }
const login = Buffer.from(`${auth.username}:${auth.password}`).toString('base64')

type Script = (request: IncomingMessage, response: ServerResponse, nth: number) => void

let servers: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of servers) await each.stop()
  servers = []
})

async function listening(server: NetServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  })
  return (server.address() as AddressInfo).port
}

async function scripted(script: Script) {
  const seen: string[] = []
  const server = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    script(request, response, seen.length)
  })
  const port = await listening(server)
  return { url: `http://127.0.0.1:${port}`, seen }
}

const get: Request = { method: 'GET', path: '/jobs' }
const post: Request = { method: 'POST', path: '/jobs', body: { x: 1 } }

function ask(url: string, request: Request, signal = new AbortController().signal): Promise<Response> {
  return send({ engine: 'Flink', endpoint: { url, auth }, signal }, request)
}

/** The failure of a request, after a look for secrets in everything it says. */
async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!isFailure(error)) throw error
  const said = [error.message, error.detail, error.next].join('\n')
  expect(said).not.toContain(auth.password)
  expect(said).not.toContain(login)
  expect(error.next).not.toBeNull()
  return error
}

async function freePort(): Promise<number> {
  const server = createNetServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('a server that is not there', () => {
  test('refuses: the address and what to do, and nothing is lost', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const failure = await failureOf(ask(url, post))
    expect(failure).not.toBeInstanceOf(Lost)
    expect(failure.message).toBe(
      `Flink at ${url} cannot be reached: connect ECONNREFUSED ${url.slice('http://'.length)}.`,
    )
    expect(failure.next).toContain('pipec up')
  })

  test('that comes up meanwhile is reached, even by what may not be repeated', async () => {
    const port = await freePort()
    const server = createHttpServer((_, response) => response.end('{"ok":true}'))
    const answer = ask(`http://127.0.0.1:${port}`, post)
    await sleep(200)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    servers.push({
      stop: async () => {
        server.closeAllConnections()
        server.close()
      },
    })
    expect((await answer).json()).toEqual({ ok: true })
  })

  test('has no name in DNS', async () => {
    const failure = await failureOf(ask('http://flink.invalid:8081', post))
    expect(failure).not.toBeInstanceOf(Lost)
    expect(failure.message).toMatch(/cannot be reached: .*flink\.invalid/)
    expect(failure.next).toContain('host name')
  })

  test.each(['localhost:8081', 'ftp://127.0.0.1:1', 'nonsense', 'http://alice:correct horse: battery@h:1'])(
    'has an address that is none: %s',
    async (url) => {
      const failure = await failureOf(ask(url, get))
      expect(failure).not.toBeInstanceOf(Lost)
      expect(failure.message).toContain('The address of Flink')
    },
  )

  test('has an address with a password in it, which is not told', async () => {
    const url = `http://alice:${encodeURIComponent(auth.password)}@127.0.0.1:1`
    const failure = await failureOf(ask(url, get))
    expect(JSON.stringify([failure.message, failure.next])).not.toContain('horse')
    expect(failure.next).toContain('"auth"')
  })

  test('has a port that Node.js blocks', async () => {
    const failure = await failureOf(ask('http://127.0.0.1:6667', post))
    expect(failure).not.toBeInstanceOf(Lost)
    expect(failure.message).toContain('block that port')
  })
})

describe('TLS', () => {
  test.skipIf(lacks('openssl', 'version'))(
    'with a certificate that nobody vouches for is refused at once and says so',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pipec-tls-'))
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
      const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1']
      execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' })
      const options = { key: readFileSync(key), cert: readFileSync(cert) }
      rmSync(folder, { recursive: true })
      let seen = 0
      const server = createTlsServer(options, (_, response) => response.end(String(++seen)))
      let connections = 0
      server.on('connection', () => connections++)
      const port = await listening(server)
      const failure = await failureOf(ask(`https://127.0.0.1:${port}`, get))
      expect(failure).not.toBeInstanceOf(Lost)
      expect(failure.message).toContain('self-signed certificate')
      expect(failure.next).toContain('NODE_EXTRA_CA_CERTS')
      expect({ seen, connections }).toEqual({ seen: 0, connections: 1 })
    },
  )

  test('to a server without it: http or https?', async () => {
    const { url, seen } = await scripted((_, response) => response.end('{}'))
    const failure = await failureOf(ask(url.replace('http', 'https'), post))
    expect(failure).not.toBeInstanceOf(Lost)
    expect(failure.next).toContain('https://')
    expect(seen).toEqual([])
  })
})

describe('an answer that does not come', () => {
  test('by the deadline: what may not be repeated is not', async () => {
    const { url, seen } = await scripted(() => {})
    const failure = await failureOf(ask(url, { ...post, timeout: 200 }))
    expect(failure).toBeInstanceOf(Lost)
    expect(failure.message).toBe(`Flink at ${url} did not answer within 0.2 s.`)
    expect(seen).toHaveLength(1)
  })

  test('by the deadline: what may be repeated is, once', async () => {
    const { url, seen } = await scripted((_, response, nth) => {
      if (nth === 2) response.end('{"nth":2}')
    })
    expect((await ask(url, { ...get, timeout: 300 })).json()).toEqual({ nth: 2 })
    const hanging = await scripted(() => {})
    await failureOf(ask(hanging.url, { ...get, timeout: 100 }))
    expect([seen.length, hanging.seen.length]).toEqual([2, 2])
  })

  test('but drips: the deadline is for the whole of it', async () => {
    const timers: NodeJS.Timeout[] = []
    const { url } = await scripted((_, response) => {
      response.write('{')
      timers.push(setInterval(() => response.write(' '), 50))
    })
    const begun = performance.now()
    const failure = await failureOf(ask(url, { ...post, timeout: 400 }))
    for (const timer of timers) clearInterval(timer)
    expect(failure).toBeInstanceOf(Lost)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test.each(['POST', 'DELETE', 'PUT', 'PATCH'] as const)(
    'because the connection is reset: %s is lost',
    async (method) => {
      const { url, seen } = await scripted((request) => void request.socket.resetAndDestroy())
      const failure = await failureOf(ask(url, { method, path: '/jobs' }))
      expect(failure).toBeInstanceOf(Lost)
      expect(failure.message).toContain('broke off')
      expect(seen).toHaveLength(1)
    },
  )

  test('because the connection is reset: GET, and what is called repeatable, is asked again', async () => {
    const { url, seen } = await scripted((request, response, nth) => {
      if (nth % 2 === 1) request.socket.destroy()
      else response.end(`{"nth":${nth}}`)
    })
    expect((await ask(url, get)).json()).toEqual({ nth: 2 })
    expect((await ask(url, { ...post, repeatable: true })).json()).toEqual({ nth: 4 })
    expect(seen).toEqual(['GET /jobs', 'GET /jobs', 'POST /jobs', 'POST /jobs'])
  })

  test('to its end: half a body is no answer', async () => {
    const { url, seen } = await scripted((request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"jobs":[]}', () => request.socket.destroy())
    })
    expect(await failureOf(ask(url, post))).toBeInstanceOf(Lost)
    expect(seen).toHaveLength(1)
  })

  test('because it is closed as soon as it is open', async () => {
    const server = createNetServer((socket) => void socket.destroy())
    const port = await listening(server)
    expect(await failureOf(ask(`http://127.0.0.1:${port}`, post))).toBeInstanceOf(Lost)
  })
})

describe('an answer that is not the engine’s', () => {
  test('HTML with status 200', async () => {
    const page = `<html>\n <body>Sign in. You sent ${login}</body></html>`
    const { url } = await scripted((_, response) => response.end(page))
    const answer = await ask(url, get)
    const failure = await failureOf(Promise.resolve().then(() => answer.json()))
    expect(failure.message).toContain('answered 200 with something that is not JSON')
    expect(failure.detail).toBe('<html> <body>Sign in. You sent ***</body></html>')
    expect(answer.text).not.toContain(login)
  })

  test('a redirection to a login page is not followed', async () => {
    const { url, seen } = await scripted((_, response) => {
      response.writeHead(302, { location: '/login' }).end()
    })
    expect((await ask(url, get)).status).toBe(302)
    expect(seen).toEqual(['GET /jobs'])
  })

  test('more than any engine says', { timeout: 60_000 }, async () => {
    const chunk = Buffer.alloc(4 * 1024 * 1024, ' ')
    const { url, seen } = await scripted((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    const failure = await failureOf(ask(url, get))
    expect(failure.message).toContain('more than 64 MiB')
    expect(seen).toHaveLength(1)
  })

  test('no HTTP at all', async () => {
    const server = createNetServer((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))
    const port = await listening(server)
    const failure = await failureOf(ask(`http://127.0.0.1:${port}`, get))
    expect(failure.message).toContain('does not speak HTTP')
  })
})

describe('a server that is busy', () => {
  test.each([429, 503])(
    '%i with Retry-After in seconds is waited out, whatever was asked',
    async (status) => {
      const times: number[] = []
      const { url } = await scripted((_, response, nth) => {
        times.push(performance.now())
        if (nth === 1) response.writeHead(status, { 'retry-after': '1' }).end('later')
        else response.end('{}')
      })
      expect((await ask(url, post)).status).toBe(200)
      expect(times[1]! - times[0]!).toBeGreaterThan(950)
    },
  )

  test('Retry-After as a date', async () => {
    const times: number[] = []
    const { url } = await scripted((_, response, nth) => {
      times.push(Date.now())
      const date = new Date(Math.ceil(Date.now() / 1000 + 1) * 1000).toUTCString()
      if (nth === 1) response.writeHead(503, { 'retry-after': date }).end()
      else response.end('{}')
    })
    expect((await ask(url, post)).status).toBe(200)
    expect(times[1]! - times[0]!).toBeGreaterThan(900)
  })

  test.each(['soon', '-5', new Date(0).toUTCString()])(
    'Retry-After that makes no sense: %s',
    async (value) => {
      const { url, seen } = await scripted((_, response, nth) => {
        if (nth < 3) response.writeHead(503, { 'retry-after': value }).end()
        else response.end('{}')
      })
      expect((await ask(url, get)).status).toBe(200)
      expect(seen).toHaveLength(3)
    },
  )

  test('for good: its last answer is the answer', async () => {
    const { url, seen } = await scripted((_, response) => {
      response.writeHead(503, { 'retry-after': '0' }).end('{"errors":["no leader"]}')
    })
    expect(await ask(url, post)).toMatchObject({ status: 503, text: '{"errors":["no leader"]}' })
    expect(seen).toHaveLength(4)
  })
})

describe('Ctrl-C', () => {
  async function stopped(url: string, request: Request): Promise<number> {
    const controller = new AbortController()
    const begun = performance.now()
    const timer = setTimeout(() => controller.abort(), 100)
    await expect(ask(url, request, controller.signal)).rejects.toThrow(/abort/i)
    clearTimeout(timer)
    return performance.now() - begun
  }

  test('ends the wait for an answer, for its rest, for a busy server and for one that is not there', async () => {
    const hanging = await scripted(() => {})
    const dripping = await scripted((_, response) => void response.write('{'))
    const busy = await scripted((_, response) => void response.writeHead(503, { 'retry-after': '20' }).end())
    const nowhere = `http://127.0.0.1:${await freePort()}`
    for (const url of [hanging.url, dripping.url, busy.url, nowhere]) {
      expect(await stopped(url, get), url).toBeLessThan(3_000)
    }
    expect([hanging.seen.length, dripping.seen.length, busy.seen.length]).toEqual([1, 1, 1])
  })

  test('before the first byte sends nothing', async () => {
    const { url, seen } = await scripted((_, response) => response.end('{}'))
    await expect(ask(url, post, AbortSignal.abort())).rejects.toThrow(/abort/i)
    expect(seen).toEqual([])
  })
})

test('credentials go to the server, and only there', async () => {
  let header = ''
  const { url } = await scripted((request, response) => {
    header = request.headers.authorization ?? ''
    response.end('{}')
  })
  await ask(url, get)
  expect(header).toBe(`Basic ${login}`)
})
