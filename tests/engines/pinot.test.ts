import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoints } from '../../runtime/endpoints.ts'
import { pinot } from '../../runtime/engines/pinot.ts'
import { silent } from '../../runtime/progress.ts'
import { createTopic, deleteTopic, engineEndpoints, type Lab, labOf, row } from './pinot-lab.ts'
import { type Proxy, startProxy, type Verdict } from './proxy.ts'

/** The whole Pinot that `up --with native` starts, reading from a real Kafka. */
const endpoints = engineEndpoints()
const labs: Lab[] = []
const proxies: Proxy[] = []

async function lab(options?: { readonly topics: boolean }): Promise<Lab> {
  const one = await labOf(endpoints!, options)
  labs.push(one)
  return one
}

afterEach(async () => {
  await Promise.all(labs.splice(0).map((each) => each.remove()))
  await Promise.all(proxies.splice(0).map((each) => each.stop()))
})

const controller = () => endpoints!.pinot!.url

// biome-ignore lint/suspicious/noExplicitAny: Pinot's documents are looked into as JSON
type Document = Record<string, any>

async function request(method: string, path: string, body?: unknown): Promise<Document> {
  const answer = await fetch(controller() + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return (await answer.json()) as Document
}

/** The live table, changed behind pipec's back. */
async function meddle(table: string, change: (realtime: Document) => void): Promise<void> {
  const { REALTIME: realtime } = await request('GET', `/tables/${table}?type=realtime`)
  change(realtime)
  expect(await request('PUT', `/tables/${table}`, realtime)).toHaveProperty('status')
}

describe.skipIf(endpoints === null)('tables of a real Pinot', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    expect(await request('GET', '/version')).toHaveProperty('pinot-controller')
  })

  test('created once, and the last row of each window is served', async () => {
    const { text, converge, produce, rows, table } = await lab()
    await produce([row(1, { total: 10, n: 1, mean: 10 }), row(2, { total: 5, n: 1, mean: 5 })])
    expect(await converge(text())).toEqual(['create'])
    await produce([row(1, { total: 30, n: 2, mean: 15.5 })])
    expect(await converge(text())).toEqual(['unchanged'])
    await sleep(500)
    expect(
      await rows(`SELECT window_start, window_end, total, n, mean FROM ${table} ORDER BY window_start`, 2),
    ).toEqual([
      [1000, 2000, 30, 2, 15.5],
      [2000, 3000, 5, 1, 5],
    ])
  })

  test('rows of an aborted transaction are not served', async () => {
    const { text, converge, topic, rows, table } = await lab()
    const { Kafka, logLevel } = await import('kafkajs')
    const brokers = endpoints!.kafka.bootstrapServers.split(',')
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: topic,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    for (const end of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({
        topic,
        messages: [{ value: JSON.stringify(row(end === 'abort' ? 1 : 2, { n: 1 })) }],
      })
      await transaction[end]()
    }
    await producer.disconnect()
    await converge(text())
    expect(await rows(`SELECT window_start FROM ${table}`, 1)).toEqual([[2000]])
  })

  test('a topic that is not there is told at once, and nothing is made', async () => {
    const { text, converge, plan } = await lab({ topics: false })
    const begin = Date.now()
    await expect(converge(text())).rejects.toMatchObject({
      message: expect.stringContaining('is not there'),
      next: expect.stringContaining('flink'),
    })
    expect(Date.now() - begin).toBeLessThan(5_000)
    expect((await plan(text())).map(({ action }) => action)).toEqual(['create'])
  })

  test('another retention is changed in place', async () => {
    const { text, converge, plan } = await lab()
    await converge(text())
    const kept = text({ serving: '{ pinot: { retention: 30d } }' })
    const [change] = await plan(kept)
    expect(change).toMatchObject({
      action: 'update',
      state: null,
      fields: [
        { field: 'segmentsConfig.retentionTimeUnit', from: 'not set', to: 'DAYS' },
        { field: 'segmentsConfig.retentionTimeValue', from: 'not set', to: '30' },
      ],
    })
    expect(await converge(kept)).toEqual(['update'])
    expect(await converge(kept)).toEqual(['unchanged'])
    expect(await converge(text())).toEqual(['update'])
    expect(await converge(text())).toEqual(['unchanged'])
  })

  test('a new metric replaces the table, which reads it from the rows that were there before', async () => {
    const { text, converge, plan, produce, rows, table } = await lab()
    await converge(text())
    await produce([row(1, { total: 10, n: 1, mean: 10, most: 7 })])
    const more = text({
      metrics: '{ total: sum(amount), n: count(*), mean: avg(amount), most: max(amount) }',
    })
    const [change] = await plan(more)
    expect(change).toMatchObject({
      action: 'replace',
      reason: expect.stringContaining('"most"'),
      state: expect.any(String),
    })
    expect(await converge(more)).toEqual(['replace'])
    expect(await rows(`SELECT window_start, most FROM ${table}`, 1)).toEqual([[1000, 7]])
    expect(await converge(more)).toEqual(['unchanged'])
    expect(await converge(text())).toEqual(['replace'])
  })

  test('another type, another key: replaced', async () => {
    const { text, converge, plan } = await lab()
    await converge(text())
    const [type] = await plan(text({ metrics: '{ total: avg(amount), n: count(*), mean: avg(amount) }' }))
    expect(type).toMatchObject({
      action: 'replace',
      reason: expect.stringContaining('from LONG metric to DOUBLE metric'),
    })
    const [key] = await plan(text({ groupBy: '[label]' }))
    expect(key?.action).toBe('replace')
  })

  test('what somebody changed in Pinot is shown and put right', async () => {
    const { text, converge, plan, table } = await lab()
    await converge(text())
    await meddle(table, (realtime) => {
      realtime.ingestionConfig.streamIngestionConfig.streamConfigMaps[0][
        'realtime.segment.flush.threshold.time'
      ] = '1h'
    })
    const [change] = await plan(text())
    expect(change).toMatchObject({
      action: 'update',
      fields: [{ field: 'realtime.segment.flush.threshold.time', from: '1h', to: '24h' }],
    })
    await converge(text())
    expect(await converge(text())).toEqual(['unchanged'])
  })

  test('a table that somebody paused reads on from where it was', async () => {
    const { text, converge, plan, produce, rows, table } = await lab()
    await produce([row(1, { n: 1 })])
    await converge(text())
    await rows(`SELECT window_start FROM ${table}`, 1)
    await request('POST', `/tables/${table}/pauseConsumption`)
    await expect
      .poll(() => plan(text()), { timeout: 60_000, interval: 500 })
      .toEqual([expect.objectContaining({ action: 'update', state: expect.stringContaining('goes on') })])
    await produce([row(2, { n: 1 })])
    expect(await converge(text())).toEqual(['update'])
    expect(await rows(`SELECT window_start FROM ${table} ORDER BY window_start`, 2)).toEqual([[1000], [2000]])
    expect(await converge(text())).toEqual(['unchanged'])
  })

  test('a topic that was made again: the table starts anew, though the new topic is longer than the old one', async () => {
    const { text, converge, produce, rows, table, topic, admin } = await lab()
    await produce([row(1, { n: 1 }), row(2, { n: 1 })])
    await converge(text())
    await admin((each) => deleteTopic(each, topic))
    await admin((each) => createTopic(each, topic))
    await produce([5, 6, 7, 8].map((second) => row(second, { n: 2 })))
    expect(await converge(text())).toEqual(['replace'])
    expect(await rows(`SELECT window_start FROM ${table} ORDER BY window_start`, 4)).toEqual([
      [5000],
      [6000],
      [7000],
      [8000],
    ])
    expect(await converge(text())).toEqual(['unchanged'])
  })

  test('the topic keeps the settings that it had', async () => {
    const { text, converge, topic, admin } = await lab()
    const resource = (name: string, value: string) => ({
      validateOnly: false,
      resources: [{ type: 2, name: topic, configEntries: [{ name, value }] }],
    })
    await admin((each) => each.alterConfigs(resource('retention.ms', '-1')))
    await converge(text())
    const { resources } = await admin((each) =>
      each.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name: topic, configNames: ['retention.ms'] }],
      }),
    )
    expect(resources[0]?.configEntries[0]?.configValue).toBe('-1')
  })

  test("a table of somebody else's is refused and left alone", async () => {
    const { text, converge, plan, table } = await lab()
    await converge(text())
    await meddle(table, (realtime) => {
      realtime.metadata.customConfigs = { owner: 'another team' }
    })
    const [change] = await plan(text())
    expect(change).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('pipec did not make it'),
    })
    await expect(converge(text())).rejects.toThrow('pipec did not make it')
    expect(await converge(null)).toEqual([])
    expect((await request('GET', `/tables/${table}?type=realtime`)).REALTIME.metadata.customConfigs).toEqual({
      owner: 'another team',
    })
    await request('DELETE', `/tableConfigs/${table}`)
  })

  test('what was ours at plan and is not at apply is not deleted', async () => {
    const { text, converge, plan, table, context } = await lab()
    await converge(text())
    const [change] = await plan(null)
    await meddle(table, (realtime) => {
      realtime.metadata.customConfigs = { owner: 'another team' }
    })
    await expect(pinot.apply(change!, context(null).context, silent.start('', null))).rejects.toThrow(
      'did not make',
    )
    await request('DELETE', `/tableConfigs/${table}`)
  })

  test('destroyed, schema and all, and a second time there is nothing left', async () => {
    const { text, converge, table } = await lab()
    await converge(text())
    expect(await converge(null)).toEqual(['delete'])
    expect(await converge(null)).toEqual([])
    expect((await request('GET', `/schemas/${table}`)).code).toBe(404)
  })

  test('a creation that was cut off after the schema is finished', async () => {
    const { text, converge, context, table } = await lab()
    const { context: files, resources } = context(text())
    const {
      $comment: _,
      enableColumnBasedNullHandling: __,
      ...schema
    } = JSON.parse(files.read(resources[0]!.schemaFile))
    await request('POST', '/schemas', schema)
    expect(await converge(text())).toEqual(['create'])
    expect(await converge(text())).toEqual(['unchanged'])
    expect((await request('GET', `/schemas/${table}`)).schemaName).toBe(table)
  })

  test("a schema of somebody else's is left alone", async () => {
    const { text, converge, table } = await lab()
    await request('POST', '/schemas', {
      schemaName: table,
      dimensionFieldSpecs: [{ name: 'x', dataType: 'STRING' }],
    })
    await expect(converge(text())).rejects.toThrow('pipec did not write it')
    expect((await request('GET', `/schemas/${table}`)).dimensionFieldSpecs).toHaveLength(1)
    await request('DELETE', `/schemas/${table}`)
  })

  test('groups keep apart: null, the text "null", empty, very long ones, true and false', async () => {
    const { text, converge, produce, rows, table } = await lab()
    const grouped = text({ groupBy: '[label, fine, small, price]', metrics: '{ n: count(*) }' })
    const long = 'x'.repeat(3000)
    const groups = [
      { label: null, fine: null, small: null, price: null },
      { label: 'null', fine: null, small: null, price: null },
      { label: '', fine: null, small: null, price: null },
      { label: null, fine: false, small: null, price: null },
      { label: null, fine: true, small: null, price: null },
      { label: null, fine: null, small: 0, price: null },
      { label: null, fine: null, small: -2147483648, price: null },
      { label: null, fine: null, small: null, price: 0 },
      { label: `${long}a`, fine: null, small: null, price: null },
      { label: `${long}b`, fine: null, small: null, price: null },
    ]
    await produce(groups.flatMap((group) => [row(1, { ...group, n: 1 }), row(1, { ...group, n: 2 })]))
    await converge(grouped)
    const counted = await rows(`SELECT n, COUNT(*) FROM ${table} WHERE n = 2 GROUP BY n`, 1)
    await sleep(500)
    expect(counted).toEqual([[2, groups.length]])
    expect(await rows(`SELECT COUNT(*) FROM ${table} LIMIT 1`, 1)).toEqual([[groups.length]])
    expect(await converge(grouped)).toEqual(['unchanged'])
  })

  async function through(
    judge: (request: string, nth: number) => Verdict,
  ): Promise<{ proxy: Proxy; at: Endpoints }> {
    const proxy = await startProxy(controller(), judge)
    proxies.push(proxy)
    return { proxy, at: { ...endpoints!, pinot: { ...endpoints!.pinot!, url: proxy.url } } }
  }

  const creation = 'POST /tableConfigs'

  test('a creation whose answer is lost is found out, not repeated', async () => {
    const { text, converge, table } = await lab()
    const { proxy, at } = await through((each) => (each === creation ? 'lose' : 'pass'))
    expect(await converge(text(), at)).toEqual(['create'])
    expect(proxy.requests.filter((each) => each === creation)).toHaveLength(1)
    expect((await request('GET', '/tables?type=realtime')).tables).toContain(`${table}_REALTIME`)
  })

  test('a table whose deletion is not through yet is waited for', async () => {
    const { text, converge } = await lab()
    const busy = { status: 409, body: { code: 409, error: 'External view for t_REALTIME still exists' } }
    const { proxy, at } = await through((each, nth) => (each === creation && nth < 4 ? busy : 'pass'))
    expect(await converge(text(), at)).toEqual(['create'])
    expect(proxy.requests.filter((each) => each === creation)).toHaveLength(4)
  })

  test("what Pinot refuses is told in Pinot's words, without a stack", async () => {
    const { text, converge } = await lab()
    const stack =
      'No room for the table\njava.lang.IllegalStateException: x\n\tat org.apache.pinot.X.y(X.java:1)'
    const { at } = await through((each) =>
      each === creation ? { status: 500, body: { code: 500, error: stack } } : 'pass',
    )
    const failure = await converge(text(), at).catch((error) => error)
    expect(failure.detail).toContain('No room for the table')
    expect(failure.detail).not.toContain('at org.apache')
  })

  test('a Pinot that would overlook a part of the table is told before anything is made', async () => {
    const { text, converge, table } = await lab()
    const answer = {
      status: 200,
      body: { unrecognizedProperties: { '/realtime/upsertConfig/mode': 'FULL' } },
    }
    const { at } = await through((each) => (each.endsWith('/validate') ? answer : 'pass'))
    await expect(converge(text(), at)).rejects.toMatchObject({ detail: '/realtime/upsertConfig/mode' })
    expect((await request('GET', '/tables?type=realtime')).tables).not.toContain(`${table}_REALTIME`)
  })

  test("a proxy's page instead of Pinot is told as such", async () => {
    const { text, plan } = await lab()
    const { at } = await through(() => ({ status: 200, body: '<html>Log in</html>' }))
    await expect(plan(text(), at)).rejects.toMatchObject({ message: expect.stringContaining('not JSON') })
  })

  test('a busy controller is asked again', async () => {
    const { text, converge } = await lab()
    const busy = { status: 503, body: 'busy', headers: { 'retry-after': '0' } }
    const { at } = await through((_, nth) => (nth === 1 ? busy : 'pass'))
    expect(await converge(text(), at)).toEqual(['create'])
  })
})
