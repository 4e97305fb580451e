/** `up` and `down` with the smallest real set, a Kafka of its own, whose processes, ports and files are looked at from outside. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { readLocal } from '../../runtime/local.ts'
import { downNative } from '../../runtime/native/down.ts'
import { isFree, portsAt } from '../../runtime/native/ports.ts'
import { isAlive, marked } from '../../runtime/native/processes.ts'
import { readRecord } from '../../runtime/native/record.ts'
import { upNative } from '../../runtime/native/up.ts'
import { silent } from '../../runtime/progress.ts'
import type { UpRequest } from '../../runtime/starter.ts'
import { needs, titled } from './needs.ts'

const ports = portsAt(14_000)
let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pipec-up-'))
})

afterEach(async () => {
  await down()
  rmSync(cwd, { recursive: true, force: true })
})

function up(more: Partial<UpRequest> = {}) {
  const signal = new AbortController().signal
  const offset = ports.kafka - 9092
  return upNative({
    cwd,
    env: process.env,
    engines: ['kafka'],
    portOffset: offset,
    progress: silent,
    signal,
    ...more,
  })
}

function down(volumes = false) {
  return downNative({
    cwd,
    env: process.env,
    volumes,
    progress: silent,
    signal: new AbortController().signal,
  })
}

const folder = () => join(cwd, '.pipec')
const topics = () =>
  withAdmin(
    {
      bootstrapServers: `127.0.0.1:${ports.kafka}`,
      engineBootstrapServers: `127.0.0.1:${ports.kafka}`,
      security: null,
    },
    (admin) => admin.listTopics(),
  )

async function kafkaProcess() {
  return (await readRecord(folder()))!.services.find(({ name }) => name === 'kafka')!
}

/** No process, no port, no record. */
async function expectNothingLeft(): Promise<void> {
  expect(await marked(folder())).toEqual([])
  expect(await isFree(ports.kafka)).toBe(true)
  expect(await isFree(ports.kafkaController)).toBe(true)
  expect(existsSync(join(folder(), 'native.json'))).toBe(false)
  expect(existsSync(join(folder(), 'tmp'))).toBe(false)
  expect(await readLocal(cwd)).toBeNull()
}

describe.skipIf(needs.native !== null)(titled('up and down', needs.native), () => {
  test('start a broker that answers, find it up the second time, and end it', async () => {
    const first = await up()
    expect(first.started).toEqual(['Kafka'])
    expect(first.local.kafka.bootstrapServers).toBe(`127.0.0.1:${ports.kafka}`)
    expect(first.local.flink).toBeNull()
    expect(await readLocal(cwd)).toEqual(first.local)
    expect(await topics()).toEqual([])
    expect(readFileSync(join(folder(), '.gitignore'), 'utf8')).toBe('*\n')
    expect(statSync(join(folder(), 'bin', 'kafka-topics')).mode & 0o111).toBe(0o111)
    const process = await kafkaProcess()

    const second = await up({ engines: ['kafka'], portOffset: null })
    expect(second.started).toEqual([])
    expect(await kafkaProcess()).toEqual(process)

    expect(await down()).toEqual({ stopped: ['Kafka'], dataRemoved: false })
    expect(await isAlive(process)).toBe(false)
    await expectNothingLeft()
    expect(await down()).toEqual({ stopped: [], dataRemoved: false })
  })

  test('start again what was killed, with its data, and keep data until told otherwise', async () => {
    await up()
    const killed = await kafkaProcess()
    await withAdmin(
      {
        bootstrapServers: `127.0.0.1:${ports.kafka}`,
        engineBootstrapServers: `127.0.0.1:${ports.kafka}`,
        security: null,
      },
      (admin) => admin.createTopics({ topics: [{ topic: 'kept' }], waitForLeaders: false }),
    )
    const left = join(folder(), 'tmp', 'left by what was killed')
    writeFileSync(left, '')
    process.kill(killed.pid, 'SIGKILL')
    while (await isAlive(killed)) await sleep(20)
    expect((await up()).started).toEqual(['Kafka'])
    expect(existsSync(left)).toBe(false)
    expect(await topics()).toEqual(['kept'])
    expect(await down(true)).toEqual({ stopped: ['Kafka'], dataRemoved: true })
    expect(existsSync(join(folder(), 'data'))).toBe(false)
    await expectNothingLeft()
  })

  test('interrupted at any moment leaves nothing behind', async () => {
    for (const moment of [0, 300, 1_500, 4_000]) {
      const controller = new AbortController()
      const running = up({ signal: controller.signal }).then(
        () => 'up',
        (error) => error,
      )
      await sleep(moment)
      controller.abort(new Error('interrupted'))
      // A machine may be quick enough to be up by then.
      const outcome = await running
      if (outcome === 'up') await down()
      else expect(outcome).toMatchObject({ message: 'interrupted' })
      await expectNothingLeft()
    }
  })

  test('tell of a process that ends while it starts, with the end of its log, and leave nothing behind', async () => {
    mkdirSync(join(folder(), 'data', 'kafka'), { recursive: true })
    writeFileSync(
      join(folder(), 'data', 'kafka', 'meta.properties'),
      'version=1\nnode.id=7\ncluster.id=other\n',
    )
    const failure = await up().catch((error) => error)
    expect(failure.message).toBe('Kafka ended while it was starting.')
    expect(failure.detail).toContain('Stored node id 7')
    expect(failure.next).toBe(`The whole log is ${join(folder(), 'logs', 'kafka.log')}.`)
    await expectNothingLeft()
  })

  test('tell of a port that is taken before anything starts', async () => {
    const server = createServer().listen(ports.kafka, '127.0.0.1')
    try {
      await expect(up()).rejects.toMatchObject({
        detail: `${ports.kafka} (Kafka): held by node (pid ${process.pid})`,
      })
      expect(existsSync(join(folder(), 'native.json'))).toBe(false)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test('refuse to work at the same time, and to move what is up', async () => {
    const [one, other] = await Promise.allSettled([up(), up()])
    expect([one.status, other.status].sort()).toEqual(['fulfilled', 'rejected'])
    await expect(up({ portOffset: 13_500 })).rejects.toThrow(/up on other ports/)
  })
})
