/** An `up` that is killed while Compose is at work, as a process of its own: nothing of it may be lost. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { down } from '../../cli/commands/down.ts'
import { up } from '../../cli/commands/up.ts'
import { dockerRecordPath } from '../../runtime/docker/record.ts'
import { marked } from '../../runtime/native/processes.ts'
import { start } from '../fixtures/command.ts'
import { keptIo } from '../fixtures/io.ts'
import { type FakeDocker, type Fault, fakeDocker } from './fake-docker.ts'

/** What a command that is not told with what to do it says. */
async function upAgain(docker: FakeDocker, engine: string | null = null): Promise<string> {
  const io = ioOf(docker)
  await up({ file: 'pipeline.yaml', with: null, engine, portOffset: null, json: false }, io)
  return io.said.out
}

async function downAgain(docker: FakeDocker, volumes = false): Promise<string> {
  const io = ioOf(docker)
  await down({ file: 'pipeline.yaml', with: null, volumes, json: false }, io)
  return io.said.out
}

const ioOf = ({ cwd, env }: FakeDocker) => keptIo({ cwd, env })

const record = (docker: FakeDocker) =>
  JSON.parse(readFileSync(join(docker.cwd, '.pipec/docker.json'), 'utf8'))

const waits = (docker: FakeDocker) => docker.calls().filter((call) => call.includes(' up --detach --wait'))

/** At least `count` containers run; it is Compose that starts them, and it outlives the kill. */
async function killedUp(fault: Fault, count: number, ...words: string[]): Promise<FakeDocker> {
  const docker = fakeDocker(fault)
  const child = start(['up', '--with', 'docker', ...words], docker.cwd, { env: docker.env })
  while (docker.running().length < count) await sleep(10)
  child.kill('SIGKILL')
  await new Promise((done) => child.once('exit', done))
  return docker.but(null)
}

test.skipIf(process.platform !== 'linux')(
  'down, without being told how, ends all of it, and nothing starts afterwards',
  async () => {
    const docker = await killedUp('up-slow', 2)
    expect(existsSync(join(docker.cwd, '.pipec/local.json'))).toBe(false)
    expect(record(docker)).toMatchObject({ project: 'pipec-transactions', settled: false })
    expect(record(docker).services).toHaveLength(10)
    expect(await downAgain(docker)).toMatch(/^Ended Kafka/)
    expect(await marked(dockerRecordPath(join(docker.cwd, '.pipec')))).toEqual([])
    await sleep(500)
    expect(docker.running()).toEqual([])
    expect(await downAgain(docker)).toBe('Nothing was up here.\n')
  },
)

test('up again goes on, waits for what was begun too, and down then ends both', async () => {
  const docker = await killedUp('up-slow', 2, '--engine', 'pinot')
  await upAgain(docker, 'ksqldb')
  expect(waits(docker).at(-1)).toContain('--profile ksqldb --profile pinot up')
  expect([...docker.running()].sort()).toEqual(['kafka', 'kafka-ui', 'ksqldb', 'pinot', 'zookeeper'])
  expect(record(docker)).toMatchObject({ settled: true })
  const local = JSON.parse(readFileSync(join(docker.cwd, '.pipec/local.json'), 'utf8'))
  expect(local).toMatchObject({ with: 'docker', ksqldb: { url: 'http://127.0.0.1:8088' } })
  expect(local.pinot).not.toBeNull()
  await downAgain(docker)
  expect(docker.running()).toEqual([])
})

test('containers that all run already are still waited for', async () => {
  const docker = await killedUp('up-hangs', 10)
  expect(await upAgain(docker)).toMatch(/^Everything is up already/)
  expect(waits(docker)).toHaveLength(2)
  expect(await upAgain(docker)).toMatch(/^Everything is up already/)
  expect(waits(docker)).toHaveLength(2)
  expect(await downAgain(docker)).toMatch(/^Ended Kafka/)
})

test('native engines are not started beside what is left of it, nor containers beside what they left', async () => {
  const docker = fakeDocker()
  const folder = join(docker.cwd, '.pipec')
  const request = { file: 'pipeline.yaml', engine: null, portOffset: null, json: false }
  mkdirSync(folder)
  const left = { version: 1, project: 'pipec-transactions', services: ['kafka'], settled: false }
  writeFileSync(join(folder, 'docker.json'), JSON.stringify(left))
  await expect(up({ ...request, with: 'native' }, ioOf(docker))).rejects.toThrow('up in Docker')
  await downAgain(docker)
  writeFileSync(join(folder, 'native.json'), JSON.stringify({ version: 1, services: [] }))
  await expect(up({ ...request, with: 'docker' }, ioOf(docker))).rejects.toThrow('up natively')
})

test('data that down has left can be removed afterwards', async () => {
  const docker = fakeDocker()
  await up(
    { file: 'pipeline.yaml', with: 'docker', engine: null, portOffset: null, json: false },
    ioOf(docker),
  )
  expect(await downAgain(docker)).not.toContain('data')
  expect(await downAgain(docker, true)).toContain('Their data is removed.')
  expect(docker.calls().at(-1)).toMatch(/-p pipec-transactions down --remove-orphans --volumes$/)
  expect(existsSync(join(docker.cwd, '.pipec/docker.json'))).toBe(false)
})
