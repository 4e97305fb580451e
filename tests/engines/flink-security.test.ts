/** Flink reads and writes a Kafka that wants TLS and a password; neither appears where others could read it. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { type OwnBroker, startBroker, user } from '../fixtures/own-broker.ts'
import { compiled, endpointsOf, type Job, Lab } from './flink-lab.ts'
import { needs, titled } from './needs.ts'

const local = inject('local')

const yaml = `
name: NAME
source:
  topic: NAME_in
  fields: { paid: int, at: timestamp }
  event_time: { field: at, format: epoch_millis }
window: { type: tumbling, size: 1s }
metrics: { total: sum(paid) }
engines: { flink: { topic: NAME_out } }
`

const { brokerForEngines } = needs

describe.skipIf(brokerForEngines !== null)(titled('a Kafka with TLS and SASL', brokerForEngines), () => {
  let broker: OwnBroker
  beforeAll(async () => {
    broker = await startBroker({ secured: true })
  }, 120_000)
  afterAll(() => broker.remove())

  /** Its topics are made and read without security; Flink has to use the endpoint. */
  function labWith(kafka: KafkaEndpoint): Lab {
    return new Lab(endpointsOf(local!), broker.endpoint, kafka)
  }

  async function prepared(lab: Lab): Promise<Job> {
    const name = lab.name()
    await lab.topics({ [`${name}_in`]: 1, [`${name}_out`]: 1 })
    await lab.send(`${name}_in`, 0, [
      { paid: 5, at: 1_700_000_000_100 },
      { paid: 7, at: 1_700_000_000_900 },
    ])
    return compiled(yaml, name)
  }

  test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('by %s', async (mechanism) => {
    const secured = broker.secured!
    const lab = labWith({ ...secured, security: { ...secured.security!, mechanism } })
    const job = await prepared(lab)
    await lab.runBounded(job)
    expect(await lab.rows(`${job.name}_out`)).toMatchObject([{ window_start: 1_700_000_000_000, total: 12 }])
    await lab.clear()
  })

  test('by TLS alone', async () => {
    const lab = labWith(broker.encrypted!)
    const job = await prepared(lab)
    await lab.runBounded(job)
    expect(await lab.rows(`${job.name}_out`)).toHaveLength(1)
    await lab.clear()
  })

  test('a wrong password is told without being shown', async () => {
    const secured = broker.secured!
    const password = 'it"s not\\this one\''
    const lab = labWith({ ...secured, security: { ...secured.security!, password } })
    const job = await prepared(lab)
    const failure = await lab.converge(job).catch((error) => error)
    const said = `${failure.message}\n${failure.detail}\n${failure.next}`
    expect(said).toMatch(/authentication/i)
    expect(said).not.toContain(password)
    expect(said).not.toContain(user.password)
    expect((await lab.observe(job))?.summary).not.toContain(password)
    await lab.clear()
  })
})
