import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { defaultPorts, isFree, listeningSockets, portsAt, requireFree } from '../../runtime/native/ports.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('the table of ports', () => {
  test('has each port once', () => {
    const ports = Object.values(defaultPorts)
    expect(new Set(ports).size).toBe(ports.length)
  })

  test('moves as a whole', () => {
    expect(portsAt(10_000)).toMatchObject({ kafka: 19092, flinkRest: 18081, pinotController: 19000 })
  })

  test.each([60_000, -2_000, 0.5, Number.NaN])('refuses an offset of %s', (offset) => {
    expect(() => portsAt(offset)).toThrow(/port offset/)
  })
})

describe('a port', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::'])('that somebody listens on at %s is taken', async (host) => {
    expect(await isFree(await listening(host))).toBe(false)
  })

  test('is free again afterwards', async () => {
    const port = await listening('127.0.0.1')
    servers.pop()!.close()
    expect(await isFree(port)).toBe(true)
  })

  test('that is taken is named with who wants it and who holds it', async () => {
    const [first, second] = [await listening('127.0.0.1'), await listening('127.0.0.1')]
    const wanted = [
      { port: first, owner: 'Kafka' },
      { port: second, owner: 'Pinot' },
    ]
    const failure = await requireFree(wanted).catch((error) => error)
    expect(failure.message).toBe('2 ports that are needed are taken.')
    expect(failure.detail).toContain(`${first} (Kafka): held by node (pid ${process.pid})`)
    expect(failure.detail).toContain(`${second} (Pinot): held by`)
    expect(failure.next).toContain('--port-offset')
  })
})

test('the kernel tells listening sockets by their state', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1
   1: 0100007F:2384 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 222 1
`
  expect(listeningSockets(table)).toEqual([['111', 9092]])
})
