import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { downDocker } from '../../runtime/docker/down.ts'
import { upDocker } from '../../runtime/docker/up.ts'
import { readLocal } from '../../runtime/local.ts'
import { type Progress, silent } from '../../runtime/progress.ts'
import type { UpRequest } from '../../runtime/starter.ts'
import { type FakeDocker, fakeDocker } from './fake-docker.ts'

function request(docker: FakeDocker, more: Partial<UpRequest> = {}): UpRequest {
  const { cwd, env } = docker
  const signal = new AbortController().signal
  return { cwd, env, engines: null, portOffset: null, progress: silent, signal, ...more }
}

const down = (docker: FakeDocker, volumes = false) => downDocker({ ...request(docker), volumes })

describe('up', () => {
  test('starts every profile of the compose file, waits, and records where the engines are', async () => {
    const docker = fakeDocker()
    const { local, started } = await upDocker(request(docker))
    expect(docker.calls().at(-1)).toBe(
      'compose --ansi never --progress plain -f generated/compose.yaml --profile flink --profile ksqldb --profile pinot ' +
        '--profile spark up --detach --wait --wait-timeout 600',
    )
    expect(started).toEqual(expect.arrayContaining(['Kafka', "Flink's SQL Gateway", 'Pinot']))
    expect(local.kafka).toEqual({
      bootstrapServers: '127.0.0.1:9092',
      bootstrapServersForEngines: 'kafka:29092',
    })
    expect(local.pinot?.controller).toBe('http://127.0.0.1:9000')
    expect(await readLocal(docker.cwd)).toEqual(local)
    expect(readFileSync(join(docker.cwd, '.pipec/.gitignore'), 'utf8')).toBe('*\n')
  })

  test('starts only the engines that are asked for, and Kafka', async () => {
    const docker = fakeDocker()
    const { local, started, look } = await upDocker(request(docker, { engines: ['kafka', 'pinot'] }))
    expect([...docker.running()].sort()).toEqual(['kafka', 'kafka-ui', 'pinot', 'zookeeper'])
    expect(local).toMatchObject({ flink: null, ksqldb: null, spark: null })
    expect(started).toEqual(['Kafka', 'Kafka UI', 'Pinot', 'ZooKeeper'])
    expect(look.map(({ what }) => what)).not.toContain('Flink')
    expect(look).toContainEqual({ what: 'Kafka UI', where: 'http://127.0.0.1:8080' })
  })

  test('what runs already is neither started again nor forgotten', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker, { engines: ['ksqldb'] }))
    const { started, local } = await upDocker(request(docker, { engines: ['pinot'] }))
    expect(started).toEqual(['Pinot', 'ZooKeeper'])
    expect(local.ksqldb).not.toBeNull()
    const before = docker.calls().length
    expect((await upDocker(request(docker, { engines: ['pinot'] }))).started).toEqual([])
    expect(docker.calls().slice(before).join('\n')).not.toContain(' up ')
  })

  test('counts what has become healthy', async () => {
    const counts: number[] = []
    const progress: Progress = {
      ...silent,
      start: () => ({ update: (done) => counts.push(done), finish: () => {}, fail: () => {} }),
    }
    await upDocker(request(fakeDocker(), { progress }))
    expect(counts.at(-1)).toBe(10)
  })

  test('every place to look is one that the compose file opens or a command that runs', async () => {
    const docker = fakeDocker()
    const { look } = await upDocker(request(docker))
    const file = readFileSync(join(docker.cwd, 'generated/compose.yaml'), 'utf8')
    for (const { where } of look) {
      const port = /^(?:http:\/\/)?127\.0\.0\.1:(\d+)/.exec(where)?.[1]
      if (port !== undefined) expect(file).toContain(`127.0.0.1:${port}:`)
      const service = /exec (\S+)/.exec(where)?.[1]
      if (service !== undefined) expect(file).toContain(`\n  ${service}:\n`)
    }
  })
})

describe('what is missing is told, with what to do', () => {
  test('Docker itself', async () => {
    const docker = fakeDocker()
    const env = { ...docker.env, PATH: docker.cwd }
    await expect(upDocker(request(docker, { env }))).rejects.toMatchObject({
      message: 'Docker is not installed here.',
      next: expect.stringContaining('`pipec up --with native`'),
    })
  })

  test('its Compose plug-in', async () => {
    await expect(upDocker(request(fakeDocker('no-compose')))).rejects.toMatchObject({
      message: expect.stringContaining('Compose plug-in is not'),
      next: expect.stringContaining('docker-compose-plugin'),
      detail: expect.stringContaining('unknown command'),
    })
  })

  test('its daemon', async () => {
    await expect(upDocker(request(fakeDocker('no-daemon')))).rejects.toMatchObject({
      message: expect.stringContaining('daemon does not answer'),
      detail: expect.stringContaining('Cannot connect to the Docker daemon'),
    })
  })

  test('the compose file', async () => {
    const docker = fakeDocker()
    rmSync(join(docker.cwd, 'generated'), { recursive: true })
    await expect(upDocker(request(docker))).rejects.toMatchObject({
      next: expect.stringContaining('pipec build'),
    })
  })

  test('an engine that the pipeline does not have', async () => {
    const docker = fakeDocker()
    const engines = ['pinot', 'nothing'] as unknown as UpRequest['engines']
    await expect(upDocker(request(docker, { engines }))).rejects.toThrow('has no nothing')
  })

  test('other ports', async () => {
    await expect(upDocker(request(fakeDocker(), { portOffset: 100 }))).rejects.toThrow(
      'ports of the compose file are fixed',
    )
  })

  test('that the engines are up natively', async () => {
    const docker = fakeDocker()
    mkdirSync(join(docker.cwd, '.pipec'))
    writeFileSync(join(docker.cwd, '.pipec/local.json'), JSON.stringify({ version: 1, with: 'native' }))
    await expect(upDocker(request(docker))).rejects.toMatchObject({ next: 'Run `pipec down` first.' })
  })
})

describe('a start that does not succeed leaves nothing behind', () => {
  test('when a container does not become healthy', async () => {
    const docker = fakeDocker('up-fails')
    await expect(upDocker(request(docker))).rejects.toMatchObject({
      message: '`docker compose up` failed.',
      detail: expect.stringContaining('kafka-1 is unhealthy'),
    })
    expect(docker.running()).toEqual([])
    expect(await readLocal(docker.cwd)).toBeNull()
  })

  test('when it is interrupted, but for what ran before', async () => {
    const docker = fakeDocker('up-hangs')
    await upDocker(request(docker.but(null), { engines: ['ksqldb'] }))
    const controller = new AbortController()
    const up = upDocker(request(docker, { engines: ['pinot'], signal: controller.signal }))
    const ended = expect(up).rejects.toThrow('stopped by the user')
    while (!docker.running().includes('pinot')) await sleep(20)
    controller.abort(new Error('stopped by the user'))
    await ended
    expect([...docker.running()].sort()).toEqual(['kafka', 'kafka-ui', 'ksqldb'])
    expect((await down(docker)).stopped).toEqual(['Kafka', 'Kafka UI', 'ksqlDB'])
  })

  test('and what could not be removed either is still known to down', async () => {
    const docker = fakeDocker('up-fails')
    // As a daemon in trouble does.
    const env = { ...docker.env, FAKE_REMOVAL: 'fails' }
    await expect(upDocker(request(docker, { env }))).rejects.toThrow('`docker compose up` failed.')
    expect(docker.running()).toEqual(['kafka'])
    expect((await down(docker.but(null))).stopped).toEqual(['Kafka'])
    expect(docker.running()).toEqual([])
  })
})

describe('down', () => {
  test('removes the containers and the record, and keeps the data', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker))
    const { stopped, dataRemoved } = await down(docker)
    expect(stopped).toHaveLength(10)
    expect(dataRemoved).toBe(false)
    expect(docker.running()).toEqual([])
    expect(docker.calls().at(-1)).toMatch(/-p pipec-transactions down --remove-orphans$/)
    expect(() => statSync(join(docker.cwd, '.pipec/local.json'))).toThrow()
  })

  test('removes the data when asked', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker))
    expect((await down(docker, true)).dataRemoved).toBe(true)
    expect(docker.calls().at(-1)).toMatch(/--volumes$/)
  })

  test('has nothing to do when nothing runs', async () => {
    expect((await down(fakeDocker())).stopped).toEqual([])
  })

  test('leaves alone what somebody else started, and says so', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker, { engines: ['ksqldb'] }))
    // By hand, or by the up of another directory whose pipeline bears the same name.
    rmSync(join(docker.cwd, '.pipec'), { recursive: true })
    await upDocker(request(docker, { engines: ['pinot'] }))
    const notes: string[] = []
    const progress: Progress = { ...silent, note: (line) => notes.push(line) }
    const report = await downDocker({ ...request(docker, { progress }), volumes: true })
    expect(report).toEqual({ stopped: ['Pinot', 'ZooKeeper'], dataRemoved: false })
    expect([...docker.running()].sort()).toEqual(['kafka', 'kafka-ui', 'ksqldb'])
    expect(notes).toEqual([expect.stringContaining('Kafka, Kafka UI, ksqlDB')])
    expect(notes[0]).toContain('`docker compose -p pipec-transactions down`')
  })

  test('without a record ends what the compose file describes', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker))
    rmSync(join(docker.cwd, '.pipec'), { recursive: true })
    expect((await down(docker)).stopped).toHaveLength(10)
    expect(docker.running()).toEqual([])
  })

  test('needs no compose file, and finds the project by the name that it had', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker, { env: { ...docker.env, COMPOSE_PROJECT_NAME: 'mine' } }))
    await expect(upDocker(request(docker))).rejects.toMatchObject({
      message: 'The containers of this directory are up as mine, not as pipec-transactions.',
      next: 'Run `pipec down` first.',
    })
    rmSync(join(docker.cwd, 'generated'), { recursive: true })
    await down(docker)
    expect(docker.calls().at(-1)).toMatch(/plain -p mine down --remove-orphans$/)
  })

  test('the data of a pipeline that is called otherwise by now is not forgotten', async () => {
    const docker = fakeDocker()
    await upDocker(request(docker, { env: { ...docker.env, COMPOSE_PROJECT_NAME: 'mine' } }))
    await down(docker)
    await expect(upDocker(request(docker))).rejects.toMatchObject({
      message: "The data that mine has left in Docker's volumes would be forgotten.",
      next: expect.stringContaining('pipec down --volumes'),
    })
    await downDocker({ ...request(docker), volumes: true })
    expect(docker.calls().at(-1)).toMatch(/plain -p mine down --remove-orphans --volumes$/)
    expect((await upDocker(request(docker))).started).toHaveLength(10)
  })

  test('tells of a record that cannot be read', async () => {
    const docker = fakeDocker()
    mkdirSync(join(docker.cwd, '.pipec'))
    writeFileSync(join(docker.cwd, '.pipec/docker.json'), '{"version": 1')
    await expect(down(docker)).rejects.toMatchObject({
      message: expect.stringContaining('docker.json is not a record'),
      next: expect.stringContaining('docker compose ls'),
    })
  })
})
