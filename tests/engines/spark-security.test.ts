/** Spark reads and writes a Kafka that wants TLS and a password; neither appears where others could read it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoints, KafkaEndpoint, KafkaSecurity } from '../../runtime/endpoints.ts'
import { spark } from '../../runtime/engines/spark.ts'
import type { SparkChange } from '../../runtime/engines/spark-compare.ts'
import { driverName } from '../../runtime/engines/spark-driver.ts'
import type { Failure } from '../../runtime/failure.ts'
import { foreigner, type OwnBroker, startBroker, user } from '../fixtures/own-broker.ts'
import { needs, titled } from './needs.ts'
import {
  contextOf,
  converge,
  endpoints,
  jobOf,
  pipelineOf,
  produce,
  type Row,
  randomName,
  results,
  withTopics,
} from './spark-lab.ts'

const found = endpoints()
const here = found as Endpoints

const text = `
name: NAME
source:
  topic: NAME_in
  fields: { paid: int, at: timestamp }
  event_time: { field: at, format: epoch_millis }
window: { type: tumbling, size: 1s }
metrics: { total: sum(paid) }
engines: { spark: { topic: NAME_out } }
`

const epoch = 1_700_000_000_000

/** Two rows of a window, and one that closes it. */
const records = [
  { paid: 5, at: epoch + 100 },
  { paid: 7, at: epoch + 900 },
  { paid: 0, at: epoch + 60_000 },
].map((row) => JSON.stringify(row))

interface Prepared {
  readonly name: string
  /** What Spark calls the job. */
  readonly driver: string
  apply(kafka: KafkaEndpoint): Promise<SparkChange | null>
  rows(): Promise<readonly Row[]>
}

const { brokerForEngines } = needs
const title = titled('a Kafka with TLS and SASL', brokerForEngines)

describe.skipIf(brokerForEngines !== null)(title, { timeout: 1_200_000 }, () => {
  let broker: OwnBroker
  beforeAll(async () => {
    broker = await startBroker({ secured: true })
  }, 120_000)
  afterAll(() => broker.remove())

  /** The job's topics are made and read without security; Spark has to use the endpoint that it is given. */
  async function withJob(work: (job: Prepared) => Promise<void>): Promise<void> {
    const name = randomName()
    const job = jobOf(pipelineOf(text, name))
    const plain = { ...here, kafka: broker.endpoint }
    const topics = [`${name}_in`, `${name}_out`].map((topic) => ({ topic, partitions: 1 }))
    await withTopics(plain, topics, async (kafka) => {
      try {
        await produce(kafka, `${name}_in`, records)
        await work({
          name,
          driver: driverName(job.resource),
          apply: (endpoint) => converge({ ...here, kafka: endpoint }, name, job),
          rows: () => results(kafka, `${name}_out`, (rows) => rows.length > 0),
        })
      } finally {
        await converge(plain, name, null)
      }
    })
  }

  function secured(login: Partial<KafkaSecurity> = {}): KafkaEndpoint {
    const endpoint = broker.secured!
    return { ...endpoint, security: { ...endpoint.security!, ...login } }
  }

  const right = [{ window_start: epoch, total: 12 }]

  test('by SCRAM-SHA-512, after a wrong password, and neither is shown', async () => {
    const password = 'it"s not\\this one\''
    await withJob(async ({ name, driver, apply, rows }) => {
      const failure: Failure = await apply(secured({ password })).then(
        () => expect.unreachable('it was applied'),
        (error) => error,
      )
      const said = [failure.message, failure.detail, failure.next].join('\n')
      expect(said).toContain('invalid credentials with SASL mechanism SCRAM-SHA-512')

      const change = await apply(secured())
      expect(change).toMatchObject({ action: 'update' })
      expect(await rows()).toMatchObject(right)
      const status = await spark.observe([], contextOf(here, name, null))
      const shown = { said, change: JSON.stringify([change, status]), ...(await shownOf(name, driver)) }
      for (const [place, everything] of Object.entries(shown)) {
        expect(everything, place).not.toContain(user.password)
        expect(everything, place).not.toContain('this one')
      }
    })
  })

  test('by PLAIN, with a password that has to be quoted', async () => {
    await withJob(async ({ apply, rows }) => {
      await apply(secured({ mechanism: 'PLAIN', ...foreigner }))
      expect(await rows()).toMatchObject(right)
    })
  })

  test('by TLS alone', async () => {
    await withJob(async ({ apply, rows }) => {
      await apply(broker.encrypted!)
      expect(await rows()).toMatchObject(right)
    })
  })
})

/** What may be seen of a running job by those who may look at the machine, the pages of the cluster and the checkpoints. */
async function shownOf(name: string, driver: string): Promise<Readonly<Record<string, string>>> {
  const processes = execFileSync('ps', ['-eww', '-o', 'args']).toString()
  expect(processes).toContain(driver)
  return {
    processes,
    checkpoints: contentOf(join(here.spark!.files!.checkpoints, `pipec.${name}`)),
    ...(await shownByCluster(name, driver)),
  }
}

function contentOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  expect(files.length).toBeGreaterThan(0)
  return files.map((each) => readFileSync(join(each.parentPath, each.name), 'latin1')).join('\n')
}

interface Master {
  readonly activeapps: readonly { readonly id: string; readonly name: string }[]
  readonly activedrivers: readonly { readonly id: string }[]
  readonly workers: readonly { readonly webuiaddress: string }[]
}

async function shownByCluster(name: string, driver: string): Promise<Readonly<Record<string, string>>> {
  const { ui, url } = here.spark!
  const master = JSON.parse(await pageOf(`${ui}/json/`)) as Master
  const app = master.activeapps.find((each) => each.name === driver)!.id
  const appPage = await pageOf(`${ui}/app/?appId=${app}`)
  const own = /href="([^"]+)">Application Detail UI/.exec(appPage)?.[1]
  const [actual] = await spark.observe([], contextOf(here, name, null))
  const id = actual!.detail.running[0]!.driver.id
  const worker = master.workers[0]!.webuiaddress
  const log = (of: string, type: string) =>
    `${worker}/log/?${of}&logType=${type}&offset=0&byteLength=100000000`
  const addresses = [
    `${ui}/`,
    `${ui}/json/`,
    `${url}/v1/submissions/status/${id}`,
    `${worker}/`,
    log(`driverId=${id}`, 'stdout'),
    log(`driverId=${id}`, 'stderr'),
    log(`appId=${app}&executorId=0`, 'stderr'),
    `${own}/api/v1/applications/${app}/environment`,
    `${own}/api/v1/applications/${app}/sql?details=true&planDescription=true`,
    `${own}/environment/`,
  ]
  const pages = await Promise.all(addresses.map(async (each) => [each, await pageOf(each)] as const))
  return Object.fromEntries(pages)
}

async function pageOf(address: string): Promise<string> {
  const answer = await fetch(address)
  expect(answer.status, address).toBe(200)
  return answer.text()
}
