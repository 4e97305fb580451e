/** `produce` beside bare kafkajs on the same records, and beside a Python producer that sends one record at a time. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaEndpoint } from '../runtime/endpoints.ts'
import { withAdmin } from '../runtime/engines/kafka-client.ts'
import { openSender } from '../runtime/engines/kafka-produce.ts'
import { createGenerator, type GeneratedRecord, type RecordGenerator } from '../runtime/produce/generator.ts'
import { unpaced } from '../runtime/produce/pace.ts'
import { sendRecords } from '../runtime/produce/send.ts'
import { demo } from '../tests/fixtures/demo.ts'
import { startBroker } from '../tests/fixtures/own-broker.ts'
import type { Ending } from './ending.ts'
import { median, perSecond, type Row, thousands } from './row.ts'

const count = 200_000
const rounds = 5
const topic = 'bench'

export async function benchProduce(ending: Ending): Promise<Row[]> {
  const broker = await startBroker()
  ending.add(() => broker.remove())
  await withAdmin(broker.endpoint, (admin) => admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }))
  const { ours, bare } = await sideBySide(broker.endpoint)
  return [besideKafkajs(ours, bare), await besidePython(broker.endpoint, median(ours), ending)]
}

/** By turns, so that both meet the same neighbours on the machine; the first round only warms up. */
async function sideBySide(endpoint: KafkaEndpoint): Promise<{ ours: number[]; bare: number[] }> {
  const records = Array.from({ length: count }, recordsOf(await newGenerator()))
  const [ours, bare]: [number[], number[]] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await sendOurs(endpoint), await sendBare(endpoint, records)]
    if (round === 0) continue
    ours.push(one)
    bare.push(other)
  }
  return { ours, bare }
}

function newGenerator(): Promise<RecordGenerator> {
  return createGenerator(demo.source, demo.generator, { seed: 1, clock: { kind: 'wall', now: Date.now } })
}

function recordsOf(generator: RecordGenerator): () => GeneratedRecord {
  return () => generator.next()
}

/** Making the records is part of it. */
async function sendOurs(endpoint: KafkaEndpoint): Promise<number> {
  const { signal } = new AbortController()
  const generator = await newGenerator()
  const sender = await openSender(endpoint, topic, signal)
  const options = { count, pace: unpaced, signal, onProgress: () => {} }
  const rate = await perSecond(count, () => sendRecords(generator, sender, options))
  await sender.close()
  return rate
}

/** Of records that are there already, with kafkajs's own defaults, which are acks from all, without idempotence. */
async function sendBare({ bootstrapServers }: KafkaEndpoint, records: GeneratedRecord[]): Promise<number> {
  const producer = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  const rate = await perSecond(count, async () => {
    for (let sent = 0; sent < count; sent += 1000) {
      await producer.send({ topic, messages: records.slice(sent, sent + 1000) })
    }
  })
  await producer.disconnect()
  return rate
}

function besideKafkajs(ours: readonly number[], bare: readonly number[]): Row {
  const share = median(ours.map((rate, round) => rate / bare[round]!))
  return {
    what: 'produce: made, sent, acknowledged by all, idempotent',
    measured: `${thousands(median(ours))}, ${Math.round(share * 100)} % of the floor`,
    floor: `${thousands(median(bare))} for bare kafkajs, records made beforehand`,
    bound: 'at least 80 %',
    holds: share >= 0.8,
  }
}

async function besidePython(endpoint: KafkaEndpoint, ours: number, ending: Ending): Promise<Row> {
  const what = 'produce beside a Python producer with faker, one record at a time'
  const bound = 'at least 10 times'
  try {
    const python = await pythonRate(endpoint, ending.folder())
    const times = ours / python
    const measured = `${times.toFixed(0)} times`
    return { what, measured, floor: `${Math.round(python)}/s in Python`, bound, holds: times >= 10 }
  } catch (error) {
    return {
      what,
      measured: `not measured: ${(error as Error).message.split('\n')[0]}`,
      floor: '',
      bound,
      holds: null,
    }
  }
}

async function pythonRate({ bootstrapServers }: KafkaEndpoint, folder: string): Promise<number> {
  const run = promisify(execFile)
  await run('python3', ['-m', 'venv', folder])
  const python = join(folder, 'bin', 'python')
  await run(python, ['-m', 'pip', 'install', '--quiet', 'faker', 'confluent-kafka'])
  const script = join(import.meta.dirname, 'one-at-a-time.py')
  const { stdout } = await run(python, [script, bootstrapServers, topic, '5000'])
  return Number(stdout)
}
