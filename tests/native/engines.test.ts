import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Json } from '../../compiler/ir.ts'
import { flinkConfiguration } from '../../compiler/targets/flink/services.ts'
import type { LocalEngine } from '../../runtime/local.ts'
import { select } from '../../runtime/native/engines.ts'
import { flinkModules } from '../../runtime/native/flink.ts'
import { portsAt } from '../../runtime/native/ports.ts'
import type { Service, Setup } from '../../runtime/native/service.ts'
import { quote } from '../../runtime/native/shells.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pipec-home-'))
})

afterEach(() => {
  rmSync(home, { recursive: true, force: true })
})

const setup: Setup = { folder: '/w/.pipec', ports: portsAt(0), java: 'java', python: '3.11' }
const all: readonly LocalEngine[] = ['kafka', 'flink', 'ksqldb', 'spark', 'pinot']

async function services(env: Record<string, string>): Promise<readonly Service[]> {
  const { engines } = await select(all, false, env)
  return engines.flatMap((engine) => engine.plan(setup, '/cache/set').plan.services)
}

describe('the choice of engines', () => {
  test('always has Kafka', async () => {
    const { engines } = await select(['flink'], true, {})
    expect(engines.map(({ engine }) => engine)).toEqual(['kafka', 'flink'])
  })

  test('leaves ksqlDB out with one line where the pipeline wants it, and refuses it where the user does', async () => {
    const { engines, leftOut } = await select(all, false, {})
    expect(engines.map(({ engine }) => engine)).not.toContain('ksqldb')
    expect(leftOut).toEqual([expect.stringContaining('KSQLDB_HOME')])
    await expect(select(['ksqldb'], true, {})).rejects.toThrow(/KSQLDB_URL/)
  })

  test('uses a ksqlDB that runs, and starts one from its distribution', async () => {
    const running = await select(all, true, { KSQLDB_URL: 'http://there:8088' })
    expect(running.ksqldbUrl).toBe('http://there:8088')
    expect(running.engines.map(({ engine }) => engine)).not.toContain('ksqldb')
    const ksqldb = (await services({ KSQLDB_HOME: '/opt/ksqldb' })).find(({ name }) => name === 'ksqldb')
    expect(ksqldb).toMatchObject({ program: '/opt/ksqldb/bin/ksql-server-start', after: ['kafka'] })
  })

  test('keeps a ksqlDB that it started, though its distribution is not named any more', async () => {
    const up = new Set<LocalEngine>(['kafka', 'ksqldb'])
    const { engines, leftOut } = await select(['flink'], true, {}, up)
    expect(engines.map(({ engine }) => engine)).toEqual(['kafka', 'flink'])
    expect(leftOut).toEqual([])
  })

  test('refuses a folder that ksqlDB’s own script would cut in two', async () => {
    const { engines } = await select(['ksqldb'], true, { KSQLDB_HOME: '/opt/ksqldb' })
    const ksqldb = engines.find(({ engine }) => engine === 'ksqldb')!
    expect(() => ksqldb.plan({ ...setup, folder: '/my work/.pipec' }, '')).toThrow(/blank in it: \/my work/)
  })

  test('takes Pinot from PINOT_HOME, whose version it reads, and refuses a folder without one', async () => {
    mkdirSync(join(home, 'lib'))
    await expect(select(all, false, { PINOT_HOME: home })).rejects.toThrow(/PINOT_HOME/)
    writeFileSync(join(home, 'lib', 'pinot-all-1.5.1-jar-with-dependencies.jar'), '')
    const { engines } = await select(['pinot'], false, { PINOT_HOME: home })
    const pinot = engines.find(({ engine }) => engine === 'pinot')!
    expect(pinot.set).toBeNull()
    const { plan, local } = pinot.plan(setup, '')
    expect(local.pinot?.version).toBe('1.5.1')
    expect(plan.services.map(({ name }) => name)).toEqual(['pinot-zookeeper', 'pinot'])
    expect(plan.services[1]!.args).toContain('/w/.pipec/conf/pinot-server.properties')
    expect(plan.files['/w/.pipec/conf/pinot-controller.properties']).toContain('controller.port=9000\n')
  })
})

describe('the plan of all engines', () => {
  test('gives each port to one process, and moves every one of them', async () => {
    const env = { KSQLDB_HOME: '/opt/ksqldb' }
    const ports = (await services(env)).flatMap((service) => service.ports)
    expect(new Set(ports).size).toBe(ports.length)
    expect([...ports].sort()).toEqual(Object.values(setup.ports).sort())
    const { engines } = await select(all, false, env)
    const moved = { ...setup, ports: portsAt(10_000) }
    const texts = JSON.stringify(engines.map((engine) => engine.plan(moved, '/cache/set')))
    for (const port of Object.values(setup.ports))
      expect(texts).not.toMatch(new RegExp(`(?<!\\d)${port}(?!\\d)`))
  })

  test('waits only for services that there are', async () => {
    const found = await services({ KSQLDB_HOME: '/opt/ksqldb' })
    const names = found.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { after } of found) for (const name of after) expect(names).toContain(name)
  })

  test('binds a heap for each Java process, and keeps its temporary files in its folder', async () => {
    for (const { args } of await services({})) {
      expect(args.some((arg) => /^-Xmx\d+m$/.test(arg))).toBe(true)
      expect(args).toContain('-Djava.io.tmpdir=/w/.pipec/tmp')
    }
  })

  test('sets up Flink as Compose does: what is kept of a job, how many fit, and what Java opens to it', async () => {
    const { engines } = await select(['flink'], false, {})
    const [plan] = engines.filter(({ engine }) => engine === 'flink').map((each) => each.plan(setup, '').plan)
    const native = parse(plan!.files['/w/.pipec/conf/flink/config.yaml']!) as Record<string, Json>
    const { 'env.java.opts.all': modules, ...compose } = (
      flinkConfiguration as { data: Record<string, Json> }
    ).data
    const shared = /^(execution\.checkpointing|jobstore|taskmanager\.numberOfTaskSlots)(?!.*dir$)/
    const sharedOf = (all: Record<string, Json>) =>
      Object.entries(all)
        .filter(([key]) => shared.test(key))
        .sort()
    expect(sharedOf(native)).toEqual(sharedOf(compose))
    expect(sharedOf(native)).toHaveLength(4)
    expect([...flinkModules].sort()).toEqual(String(modules).split(' ').sort())
  })

  test('writes nothing outside its folder', async () => {
    const { engines } = await select(all, false, {})
    for (const engine of engines) {
      const { files, folders } = engine.plan(setup, '/cache/set').plan
      for (const path of [...Object.keys(files), ...folders]) expect(path).toMatch(/^\/w\/\.pipec\//)
    }
  })
})

test('words of a script are quoted where a shell would take them apart', () => {
  expect(quote('/a/b-1.0.jar')).toBe('/a/b-1.0.jar')
  expect(quote('/a b/*')).toBe("'/a b/*'")
  expect(quote("it's")).toBe("'it'\\''s'")
})
