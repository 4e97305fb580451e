import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoints, KafkaSecurity } from '../../runtime/endpoints.ts'
import { pinotOf, validate } from '../../runtime/engines/pinot-client.ts'
import { inDialect } from '../../runtime/engines/pinot-dialect.ts'
import { marked, wantedDocuments } from '../../runtime/engines/pinot-documents.ts'
import { needs, titled } from './needs.ts'
import { type Controller, startController } from './pinot-controller.ts'
import { engineEndpoints, type Lab, labOf } from './pinot-lab.ts'

const engines = engineEndpoints()
let controller: Controller
const labs: Lab[] = []

/** Kafka is the real one, for the topics' marks; this controller believes in any topic. */
function endpoints(security: KafkaSecurity | null = null): Endpoints {
  const { url } = controller.whole
  return { ...engines!, kafka: { ...engines!.kafka, security }, pinot: { url, broker: url, auth: null } }
}

async function lab(): Promise<Lab> {
  const one = await labOf(endpoints())
  labs.push(one)
  return one
}

const title = titled('what the controller of Pinot 1.5.1 says', needs.ownProcesses)

describe.skipIf(engines === null || needs.ownProcesses !== null)(title, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    controller = await startController()
  }, 600_000)
  afterEach(async () => {
    await Promise.all(labs.splice(0).map((each) => each.remove()))
  })
  afterAll(() => controller?.stop())

  const pipelines = {
    'the plain one': {},
    'every type in the group': { groupBy: '[label, fine, small, amount, price, at]' },
    'every type among the metrics': {
      metrics:
        '{ a: sum(amount), b: sum(price), c: avg(price), d: min(label), e: max(at), f: count(distinct label) }',
    },
    'names that need quotes': {
      metrics: `{ 'a"b': sum(amount), "it's": count(*), select: avg(amount), a.b-c: min(small) }`,
    },
    'a retention of hours': { serving: '{ pinot: { retention: 2d } }' },
  }

  test.each(Object.entries(pipelines))('takes all of %s, overlooking nothing', async (_, lines) => {
    const { text, context } = await lab()
    const { context: files, resources } = context(text(lines))
    const documents = marked(wantedDocuments(resources[0]!, files), 'sha256:0', '1')
    await validate(pinotOf(files), inDialect(documents, '1.5.1'))
  })

  test('would overlook what it does not know, and that is told', async () => {
    const { text, context } = await lab()
    const { context: files, resources } = context(text())
    const documents = wantedDocuments(resources[0]!, files)
    const wrong = { ...documents, realtime: { ...documents.realtime, upsertConfg: { mode: 'FULL' } } }
    await expect(validate(pinotOf(files), wrong)).rejects.toMatchObject({
      detail: '/realtime/upsertConfg/mode',
    })
  })

  test('refuses a table that is wrong, and its words are shown', async () => {
    const { text, context } = await lab()
    const { context: files, resources } = context(text())
    const documents = wantedDocuments(resources[0]!, files)
    const wrong = { ...documents, realtime: { ...documents.realtime, routing: {} } }
    await expect(validate(pinotOf(files), wrong)).rejects.toMatchObject({
      detail: expect.stringContaining('strictReplicaGroup'),
    })
  })

  test('keeps our mark, and what it gives back is what we gave: created, unchanged, updated, replaced, deleted', async () => {
    const { text, converge, plan } = await lab()
    const all = {
      groupBy: '[label, fine, small, price]',
      metrics: '{ a: sum(amount), b: sum(price), d: min(label) }',
    }
    expect(await converge(text(all))).toEqual(['create'])
    expect((await plan(text(all)))[0]).toMatchObject({
      action: 'unchanged',
      fields: [],
      actual: { status: 'running' },
    })
    const kept = text({ ...all, serving: '{ pinot: { retention: 7d } }' })
    expect(await converge(kept)).toEqual(['update'])
    expect(await converge(kept)).toEqual(['unchanged'])
    expect(await converge(text())).toEqual(['replace'])
    expect(await converge(text())).toEqual(['unchanged'])
    expect(await converge(null)).toEqual(['delete'])
    expect(await converge(null)).toEqual([])
  })

  test('hands the login on to its consumers, and no plan shows it', async () => {
    const { text, converge, plan, context, table } = await lab()
    const security: KafkaSecurity = {
      protocol: 'SASL_SSL',
      mechanism: 'SCRAM-SHA-512',
      username: 'alice',
      password: 'pa"ss\\word',
      ca: null,
    }
    await converge(text())
    const { context: files, resources } = context(text(), endpoints(security))
    const { realtime } = wantedDocuments(resources[0]!, files)
    const body = JSON.stringify({
      ...realtime,
      metadata: { customConfigs: { 'pipec.pipeline': files.pipeline } },
    })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${controller.url}/tables/${table}`, { method: 'PUT', headers, body })
    expect(answer.status).toBe(200)
    expect(body).toContain(String.raw`required username=\"alice\" password=\"pa\\\"ss\\\\word\";`)
    const [change] = await plan(text())
    expect(change).toMatchObject({ action: 'update' })
    expect(JSON.stringify(change?.fields)).toContain('security.protocol')
    expect(JSON.stringify(change)).not.toContain('word')
  })
})
