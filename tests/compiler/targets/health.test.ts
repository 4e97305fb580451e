/** The health checks of containers, run as they are against servers that answer as the engines do. */
import { spawn } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { describe, expect, test } from 'vitest'
import { flinkServices } from '../../../compiler/targets/flink/services.ts'
import { kafkaServices } from '../../../compiler/targets/kafka/services.ts'
import { pinotServices } from '../../../compiler/targets/pinot/services.ts'
import { sparkServices } from '../../../compiler/targets/spark/services.ts'
import type { ComposeServices } from '../../../compiler/targets/target.ts'
import { metadataRequest } from '../../../runtime/native/health.ts'
import { demo } from '../../fixtures/demo.ts'

/** The exit code of the container's own check, with the address of a server here in place of its own. */
async function check(
  { services }: ComposeServices,
  name: string,
  server: Server | null,
): Promise<number | null> {
  const port = server === null ? 1 : await listening(server)
  const { healthcheck } = services[name] as unknown as { healthcheck: { test: string[] } }
  const [kind, program = '', ...args] = healthcheck.test
  expect(kind).toBe('CMD')
  const here = args.map((each) => each.replace(/\/dev\/tcp\/[\w.-]+\/\d+/, `/dev/tcp/127.0.0.1/${port}`))
  expect(here).not.toEqual(args)
  try {
    return await new Promise((resolve) => spawn(program, here, { stdio: 'ignore' }).on('exit', resolve))
  } finally {
    server?.close()
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** One page, and 404 for all others. */
function page(path: string, status: number, text: string): Server {
  return createHttpServer(({ url }, response) => {
    response.writeHead(url === path ? status : 404)
    response.end(url === path ? text : '')
  })
}

/** Answers the first bytes it is sent, provided that they are these. */
function answering(request: Buffer, answer: Buffer): Server {
  return createServer((socket) => {
    socket.once('data', (data) => {
      if (data.equals(request)) socket.write(answer)
      else socket.destroy()
    })
    socket.on('error', () => {})
  })
}

const spark = sparkServices(demo.engines.spark!)

/** Of one broker or of none, as a Kafka 4.3.1 gives it. */
const members = (count: number) => Buffer.from(`00000016000000010000000${count}00000001`, 'hex')

const cases: readonly (readonly [string, ComposeServices, () => Server, readonly (() => Server)[]])[] = [
  [
    'kafka',
    kafkaServices,
    () => answering(metadataRequest(), members(1)),
    [() => answering(metadataRequest(), members(0)), () => createServer((socket) => socket.destroy())],
  ],
  [
    'zookeeper',
    pinotServices,
    () =>
      answering(
        Buffer.from('srvr'),
        Buffer.from('Zookeeper version: 3.9.4\nMode: standalone\nNode count: 5\n'),
      ),
    [
      () =>
        createServer((socket) => socket.end('This ZooKeeper instance is not currently serving requests\n')),
    ],
  ],
  [
    'flink-jobmanager',
    flinkServices,
    () => page('/overview', 200, '{"taskmanagers":0,"flink-version":"2.2.1"}'),
    [() => page('/overview', 503, '{"errors":["not yet"]}')],
  ],
  [
    'flink-taskmanager',
    flinkServices,
    () => page('/overview', 200, '{"taskmanagers":1,"slots-total":8}'),
    [() => page('/overview', 200, '{"taskmanagers":0,"slots-total":0}')],
  ],
  [
    'flink-sql-gateway',
    flinkServices,
    () => page('/v1/info', 200, '{"productName":"Apache Flink","version":"2.2.1"}'),
    [() => page('/v1/info', 500, '')],
  ],
  [
    'spark-master',
    spark,
    () => page('/v1/submissions/readyz', 200, '{}'),
    [() => page('/v1/submissions/readyz', 503, '{}')],
  ],
  [
    'spark-worker',
    spark,
    () => page('/json/', 200, '{\n  "aliveworkers" : 1,\n  "cores" : 8\n}'),
    [() => page('/json/', 200, '{\n  "aliveworkers" : 0,\n  "cores" : 0\n}')],
  ],
]

describe.each(cases)('%s', (name, services, healthy, ill) => {
  test('is healthy when it does its work', async () => {
    expect(await check(services, name, healthy())).toBe(0)
  })

  test('and not before', async () => {
    for (const server of ill) expect(await check(services, name, server())).not.toBe(0)
    expect(await check(services, name, null)).not.toBe(0)
  })
})
