import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isFree } from '../../runtime/native/ports.ts'
import { endAll, isAlive, marked } from '../../runtime/native/processes.ts'
import type { StartedService } from '../../runtime/native/record.ts'
import type { Service } from '../../runtime/native/service.ts'
import { startAll } from '../../runtime/native/start.ts'
import { silent } from '../../runtime/progress.ts'

let folder: string
let recorded: StartedService[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-start-'))
  recorded = []
})

afterEach(async () => {
  await endAll(await marked(folder), 500)
  rmSync(folder, { recursive: true, force: true })
})

/** A small server in place of an engine. */
const server = `
  const { appendFileSync, writeFileSync } = require('node:fs')
  const [port, folder, name] = process.argv.slice(1)
  writeFileSync(folder + '/' + name + '.env', JSON.stringify(process.env))
  console.log(name + ' says hello')
  setTimeout(() => require('node:http').createServer((_, response) => response.end('fine')).listen(port, '127.0.0.1', () =>
    appendFileSync(folder + '/order', name + '\\n')), 200)
`

function service(name: string, port: number, more: Partial<Service> = {}): Service {
  return {
    name,
    engine: 'kafka',
    title: name,
    program: process.execPath,
    args: ['-e', server, '--', `${port}`, folder, name],
    env: {},
    ports: [port],
    after: [],
    first: null,
    ready: [{ kind: 'http', url: `http://127.0.0.1:${port}/`, holds: (text) => text === 'fine' }],
    ...more,
  }
}

async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) return port
  }
}

function start(
  services: readonly Service[],
  running: readonly StartedService[] = [],
  signal = new AbortController().signal,
) {
  const step = silent.start('', null)
  const record = async (one: StartedService) => void recorded.push(one)
  return startAll(services, running, {
    folder,
    env: { ...process.env, KAFKA_PASSWORD: 'hunter2' },
    record,
    step,
    signal,
  })
}

const log = (name: string) => readFileSync(join(folder, 'logs', `${name}.log`), 'utf8')

describe('starting', () => {
  test('waits until each answers, in the order they need, with their words in logs', async () => {
    const [one, two] = [await freePort(), await freePort()]
    await start([service('two', two, { after: ['one'] }), service('one', one)])
    expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('one\ntwo\n')
    expect(recorded.map(({ name }) => name)).toEqual(['one', 'two'])
    for (const each of recorded) expect(await isAlive(each)).toBe(true)
    expect(log('one')).toBe('one says hello\n')
  })

  test("keeps the user's other variables out of them, and marks them as ours", async () => {
    await start([service('one', await freePort(), { env: { OWN: 'yes' } })])
    const env = JSON.parse(readFileSync(join(folder, 'one.env'), 'utf8'))
    const own = { OWN: 'yes', TZ: 'UTC', PIPEC_LOCAL: folder, TMPDIR: join(folder, 'tmp') }
    expect(env).toMatchObject({ ...own, PATH: process.env.PATH })
    expect(env).not.toHaveProperty('KAFKA_PASSWORD')
  })

  test('leaves what runs as it is, but waits for it', async () => {
    const one = service('one', await freePort())
    await start([one])
    const [running] = recorded.splice(0)
    await start([one, service('two', await freePort(), { after: ['one'] })], [running!])
    expect(recorded.map(({ name }) => name)).toEqual(['two'])
  })

  test('prepares once', async () => {
    const made = join(folder, 'made')
    const first = {
      args: ['-e', `require('node:fs').appendFileSync(${JSON.stringify(made)}, 'x')`],
      makes: made,
    }
    const one = service('one', await freePort(), { first })
    await start([one])
    await endAll(recorded, 500)
    await start([one])
    expect(readFileSync(made, 'utf8')).toBe('x')
  })
})

describe('a start that fails', () => {
  test('names the process and shows the end of its log, without waiting for the others', async () => {
    const dies = service('dies', await freePort(), {
      args: ['-e', 'console.error("no memory"); process.exitCode = 3'],
    })
    const never = service('never', await freePort(), { args: ['-e', 'setInterval(() => {}, 1000)'] })
    const begun = Date.now()
    const failure = await start([never, dies]).catch((error) => error)
    expect(failure).toMatchObject({
      message: 'dies ended while it was starting.',
      detail: 'no memory',
      next: `The whole log is ${join(folder, 'logs', 'dies.log')}.`,
    })
    expect(Date.now() - begun).toBeLessThan(10_000)
    // The caller knows what to end.
    expect(recorded.map(({ name }) => name).sort()).toEqual(['dies', 'never'])
  })

  test('does not start what needed it', async () => {
    const dies = service('dies', await freePort(), { args: ['-e', ''] })
    const needs = service('needs', await freePort(), { after: ['dies'] })
    await expect(start([dies, needs])).rejects.toThrow('dies ended while it was starting.')
    expect(recorded.map(({ name }) => name)).toEqual(['dies'])
  })

  test('shows what the preparation said', async () => {
    const first = {
      args: ['-e', 'console.error("bad disk"); process.exitCode = 1'],
      makes: join(folder, 'made'),
    }
    const failure = await start([service('one', await freePort(), { first })]).catch((error) => error)
    expect(failure).toMatchObject({ message: 'one could not be prepared.', detail: 'bad disk' })
    expect(recorded).toEqual([])
  })

  test('because of a program that is not there says so', async () => {
    const missing = service('one', await freePort(), { program: '/nowhere/java' })
    await expect(start([missing])).rejects.toMatchObject({
      message: expect.stringContaining('one cannot be started'),
    })
  })
})

test('an interruption stops waiting at once, and what was started is known', async () => {
  const controller = new AbortController()
  const never = service('never', await freePort(), { args: ['-e', 'setInterval(() => {}, 1000)'] })
  const result = start([never], [], controller.signal).catch((error) => error)
  while (recorded.length === 0) await sleep(20)
  controller.abort(new Error('stop'))
  expect(await result).toMatchObject({ message: 'stop' })
  expect(existsSync(join(folder, 'logs', 'never.log'))).toBe(true)
})

test('data that cannot be understood is not taken for nothing', async () => {
  const { readRecord } = await import('../../runtime/native/record.ts')
  expect(await readRecord(folder)).toBeNull()
  writeFileSync(join(folder, 'native.json'), '{"version":')
  await expect(readRecord(folder)).rejects.toThrow(/native\.json/)
})
