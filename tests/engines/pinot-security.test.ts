/** Pinot reads a Kafka that wants TLS and a password, which nobody sees but who may read its table configuration. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Endpoints, KafkaEndpoint, KafkaSecurity } from '../../runtime/endpoints.ts'
import { pinotOf, tableOf } from '../../runtime/engines/pinot-client.ts'
import type { Failure } from '../../runtime/failure.ts'
import { foreigner, type OwnBroker, startBroker, user } from '../fixtures/own-broker.ts'
import { needs, titled } from './needs.ts'
import { engineEndpoints, type Lab, labOf, row } from './pinot-lab.ts'

const engines = engineEndpoints()

const { brokerForEngines } = needs

describe.skipIf(brokerForEngines !== null)(titled('a Kafka with TLS and SASL', brokerForEngines), () => {
  let broker: OwnBroker
  const labs: Lab[] = []
  beforeAll(async () => {
    broker = await startBroker({ secured: true })
  }, 120_000)
  afterEach(async () => {
    await Promise.all(labs.splice(0).map((each) => each.remove()))
  })
  afterAll(() => broker.remove())

  /** Its topics are made and written without security; Pinot has to use the endpoint that it is given. */
  async function lab(): Promise<Lab> {
    const one = await labOf(at(broker.endpoint))
    labs.push(one)
    return one
  }

  function at(kafka: KafkaEndpoint): Endpoints {
    return { ...engines!, kafka }
  }

  function secured(login: Partial<KafkaSecurity> = {}): KafkaEndpoint {
    const endpoint = broker.secured!
    return { ...endpoint, security: { ...endpoint.security!, ...login } }
  }

  const ways: Readonly<Record<string, () => KafkaEndpoint>> = {
    'SCRAM-SHA-512': secured,
    'PLAIN, with a password that has to be quoted': () => secured({ mechanism: 'PLAIN', ...foreigner }),
    'TLS alone': () => broker.encrypted!,
  }

  test.each(Object.entries(ways))('by %s', async (_, endpoint) => {
    const { text, converge, produce, rows, table } = await lab()
    await produce([row(1, { total: 5 }), row(2, { total: 7 })])
    expect(await converge(text(), at(endpoint()))).toEqual(['create'])
    expect(await rows(`SELECT window_start, total FROM ${table} ORDER BY window_start`, 2)).toEqual([
      [1000, 5],
      [2000, 7],
    ])
    expect(await converge(text(), at(endpoint()))).toEqual(['unchanged'])
  })

  test('another address and login is read from at once, and only the table configuration shows the password', async () => {
    const { text, context, converge, plan, produce, rows, table } = await lab()
    await produce([row(1, { total: 5 })])
    await converge(text())
    await rows(`SELECT window_start FROM ${table}`, 1)
    const [change] = await plan(text(), at(secured()))
    expect(change).toMatchObject({
      action: 'update',
      state: expect.stringContaining('goes on from the offsets'),
    })
    expect(await converge(text(), at(secured()))).toEqual(['update'])
    // A segment is read to its end as it was opened.
    expect(await segments(table)).toEqual([expect.stringContaining(`${table}__0__1__`)])
    await produce([row(2, { total: 7 })])
    expect(await rows(`SELECT window_start FROM ${table} ORDER BY window_start`, 2)).toEqual([[1000], [2000]])

    const after = await plan(text(), at(secured()))
    expect(after).toMatchObject([{ action: 'unchanged', actual: { status: 'running' } }])
    expect(JSON.stringify([change, after])).not.toContain(user.password)
    expect(processes()).not.toContain(user.password)
    expect(log()).toContain(table)
    expect(log()).not.toContain(user.password)
    const { context: files } = context(text())
    expect(JSON.stringify(await tableOf(pinotOf(files), table))).toContain(user.password)
  })

  const password = 'it"s not\\this one\''

  test('a wrong password is told without being shown, and makes no table', async () => {
    const { text, converge, plan } = await lab()
    const said = await saidBy(converge(text(), at(secured({ password }))))
    expect(said).toMatch(/authentication failed/i)
    expect(said).not.toContain('this one')
    expect(await plan(text())).toMatchObject([{ action: 'create' }])
  })

  test("a login that Kafka refuses to Pinot alone is told in Kafka's words", async () => {
    const { text, converge, plan } = await lab()
    const engineBootstrapServers = broker.encrypted!.bootstrapServers
    const said = await saidBy(converge(text(), at({ ...secured(), engineBootstrapServers })))
    expect(said).toContain('Unexpected handshake request with client mechanism SCRAM-SHA-512')
    expect(said).not.toContain(user.password)
    expect(await plan(text())).toMatchObject([{ action: 'create' }])
  })
})

async function saidBy(applied: Promise<unknown>): Promise<string> {
  const failure: Failure = await applied.then(
    () => expect.unreachable('it was applied'),
    (error) => error,
  )
  return [failure.message, failure.detail, failure.next].join('\n')
}

/** Names of the segments that are being filled. */
async function segments(table: string): Promise<readonly string[]> {
  const answer = await fetch(`${engines!.pinot!.url}/tables/${table}/consumingSegmentsInfo`)
  const { _segmentToConsumingInfoMap: info } = (await answer.json()) as {
    readonly _segmentToConsumingInfoMap: Readonly<Record<string, unknown>>
  }
  return Object.keys(info)
}

function processes(): string {
  return execFileSync('ps', ['-eww', '-o', 'args']).toString()
}

function log(): string {
  return readFileSync(join(inject('enginesFolder'), '.pipec/logs/pinot.log'), 'utf8')
}
