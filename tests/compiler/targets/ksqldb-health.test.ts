import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ksqldbServices } from '../../../compiler/targets/ksqldb/services.ts'
import recordings from '../../fixtures/ksqldb-rest.json' with { type: 'json' }

const healthy = recordings.find(({ name }) => name === 'healthcheck')!.response.body as object

/** The exit code of the container's own check, asked of a server that answers so. */
async function check(status: number, body: string): Promise<number | null> {
  const server = createServer(({ url }, response) => {
    response.writeHead(url === '/healthcheck' ? status : 404, { 'content-type': 'application/json' })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await exitCode((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

function exitCode(port: number): Promise<number | null> {
  const { healthcheck } = ksqldbServices.services.ksqldb as unknown as { healthcheck: { test: string[] } }
  const [, program = '', ...args] = healthcheck.test.map((each) => each.replace('8088', String(port)))
  return new Promise((resolve) => spawn(program, args, { stdio: 'ignore' }).on('exit', resolve))
}

test('the container is healthy when the server says so, and not before', async () => {
  expect(await check(200, JSON.stringify(healthy))).toBe(0)
  expect(await check(200, JSON.stringify({ ...healthy, isHealthy: false }))).not.toBe(0)
  expect(
    await check(503, '{"@type":"generic_error","message":"KSQL is not yet ready to serve requests."}'),
  ).not.toBe(0)
  expect(await exitCode(1)).not.toBe(0)
})
