import { once } from 'node:events'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { brokerCount, holds, metadataRequest } from '../../runtime/native/health.ts'

const servers: Server[] = []
const { signal } = new AbortController()

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function http(listener: RequestListener): Promise<number> {
  return listening(createHttp(listener))
}

/** An answer of Metadata version 1 with `brokers` brokers, cut into pieces. */
function broker(brokers: number): Promise<number> {
  const answer = Buffer.alloc(12)
  answer.writeInt32BE(8, 0)
  answer.writeInt32BE(1, 4)
  answer.writeInt32BE(brokers, 8)
  const server = createServer((socket: Socket) => {
    socket.once('data', () => {
      socket.write(answer.subarray(0, 3))
      setTimeout(() => socket.write(answer.subarray(3)), 30)
    })
  })
  return listening(server)
}

describe('a page', () => {
  test('holds when it answers 200 and says the right thing', async () => {
    const port = await http((request, response) => response.end(`{"path":"${request.url}"}`))
    const probe = (path: string) =>
      ({
        kind: 'http',
        url: `http://127.0.0.1:${port}${path}`,
        holds: (text: string) => JSON.parse(text).path === '/v1/info',
      }) as const
    expect(await holds(probe('/v1/info'), signal)).toBe(true)
    expect(await holds(probe('/v1/other'), signal)).toBe(false)
  })

  test('keeps the slash at the end of its path, without which some servers redirect', async () => {
    const port = await http((request, response) =>
      response.writeHead(request.url === '/json/' ? 200 : 302).end(),
    )
    expect(
      await holds({ kind: 'http', url: `http://127.0.0.1:${port}/json/`, holds: () => true }, signal),
    ).toBe(true)
  })

  test('takes any type of answer: Pinot has only text', async () => {
    const port = await http((request, response) =>
      response.writeHead(request.headers.accept === '*/*' ? 200 : 406).end('OK'),
    )
    expect(
      await holds({ kind: 'http', url: `http://127.0.0.1:${port}/health`, holds: () => true }, signal),
    ).toBe(true)
  })

  test('does not hold when it is not there, fails, or says something else than JSON', async () => {
    const port = await http((_, response) => response.end('<html>'))
    const parsed = {
      kind: 'http',
      url: `http://127.0.0.1:${port}/`,
      holds: (text: string) => JSON.parse(text),
    } as const
    expect(await holds(parsed, signal)).toBe(false)
    const failing = await http((_, response) => response.writeHead(500).end())
    expect(
      await holds({ kind: 'http', url: `http://127.0.0.1:${failing}/`, holds: () => true }, signal),
    ).toBe(false)
    expect(await holds({ kind: 'http', url: 'http://127.0.0.1:1/', holds: () => true }, signal)).toBe(false)
  })
})

describe('a broker', () => {
  test('holds once it is a member of its cluster', async () => {
    expect(await holds({ kind: 'kafka', port: await broker(1) }, signal)).toBe(true)
    expect(await holds({ kind: 'kafka', port: await broker(0) }, signal)).toBe(false)
  })

  test('does not hold when it hangs up or is not there', async () => {
    const port = await listening(createServer((socket) => socket.destroy()))
    expect(await holds({ kind: 'kafka', port }, signal)).toBe(false)
    expect(await holds({ kind: 'kafka', port: 1 }, signal)).toBe(false)
  })

  test('is asked for no topic in version 1', () => {
    expect(metadataRequest().toString('hex')).toBe(
      '00000013' + '0003' + '0001' + '00000001' + '0005' + '7069706563' + '00000000',
    )
    expect(brokerCount(null)).toBe(0)
  })
})

test('a port holds when something listens', async () => {
  const port = await listening(createServer())
  expect(await holds({ kind: 'port', port }, signal)).toBe(true)
  expect(await holds({ kind: 'port', port: 1 }, signal)).toBe(false)
})
