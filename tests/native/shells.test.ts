/** The scripts of `.pipec/bin`: shells of the engines, to be typed by people, wherever their folders are. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Local, LocalEngine } from '../../runtime/local.ts'
import { select } from '../../runtime/native/engines.ts'
import { whereToLook } from '../../runtime/native/look.ts'
import { portsAt } from '../../runtime/native/ports.ts'
import type { Setup } from '../../runtime/native/service.ts'

/** Everything that a shell could take for something else. */
const hostile = `it's "mine"; $HOME \`id\` \\ * ~`
const root = mkdtempSync(join(tmpdir(), 'pipec-shells-'))
const folder = join(root, hostile, '.pipec')
const home = join(root, `cache of ${hostile}`)
const java = join(root, hostile, 'java')

/** Says what it was given, one word a line. */
const echo = '#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n'

let scripts: Readonly<Record<string, string>> = {}
let local: Local

beforeAll(async () => {
  const setup: Setup = { folder, ports: portsAt(1_000), java, python: '3.11' }
  const all: readonly LocalEngine[] = ['kafka', 'flink', 'spark', 'pinot']
  const { engines } = await select(all, false, {})
  const planned = engines.map((engine) => engine.plan(setup, home))
  const files = planned.flatMap(({ plan }) => Object.entries(plan.files))
  scripts = Object.fromEntries(files.filter(([path]) => dirname(path) === join(folder, 'bin')))
  const nothing = { version: 1, with: 'native', flink: null, ksqldb: null, spark: null, pinot: null }
  local = Object.assign(nothing, ...planned.map((one) => one.local)) as Local
  for (const [path, text] of Object.entries(scripts)) program(path, text)
  program(java, echo)
  for (const name of ['pyspark', 'spark-submit']) program(join(local.spark!.home!, 'bin', name), echo)
})

function program(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

const names = [
  'flink-sql',
  'kafka-console-consumer',
  'kafka-console-producer',
  'kafka-consumer-groups',
  'kafka-get-offsets',
  'kafka-topics',
  'pyspark',
  'spark-submit',
]

test('are one for each tool', () => {
  expect(Object.keys(scripts).sort()).toEqual(names.map((name) => join(folder, 'bin', name)))
})

describe.each(names)('%s', (name) => {
  const path = join(folder, 'bin', name)

  test('is valid for every POSIX shell', () => {
    expect(spawnSync('sh', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  test('runs its program with every word whole, and what was typed behind them', () => {
    const typed = ['--list', hostile, '']
    const words = execFileSync(path, typed, { encoding: 'utf8' }).split('\n')
    const spark = join(local.spark!.home!, 'bin', name)
    expect(words[0]).toBe(name.includes('spark') ? spark : java)
    expect(words.slice(-4)).toEqual([...typed, ''])
    const paths = words.slice(1, -4).filter((word) => word.includes(root))
    expect(paths.length).toBeGreaterThan(0)
    for (const each of paths) expect(each).toContain(hostile)
  })
})

test('the ports in them are those that the engines have', () => {
  const said = execFileSync(join(folder, 'bin/kafka-topics'), { encoding: 'utf8' })
  expect(said).toContain(`--bootstrap-server\n${local.kafka.bootstrapServers}\n`)
  const shell = execFileSync(join(folder, 'bin/pyspark'), { encoding: 'utf8' })
  expect(shell).toContain(`--master\n${local.spark!.master}\n`)
  const sql = execFileSync(join(folder, 'bin/flink-sql'), { encoding: 'utf8' })
  expect(sql).toContain(`--endpoint\n${local.flink!.gateway.replace('http://', '')}\n`)
})

describe('whereToLook', () => {
  test('names scripts that are there, as seen from where the user is', () => {
    const look = whereToLook(local, folder, join(root, hostile))
    const named = look.flatMap(({ where }) => /^\.pipec\/bin\/(\S+)/.exec(where)?.[1] ?? [])
    expect(named).toEqual(['kafka-topics', 'flink-sql', 'pyspark'])
    for (const name of named) expect(scripts).toHaveProperty([join(folder, 'bin', name)])
    expect(whereToLook(local, folder, folder).map(({ where }) => where)).toContain('logs')
  })

  test('names where each engine answers, and none that is not up', () => {
    const look = whereToLook(local, folder, root)
    const places = Object.fromEntries(look.map(({ what, where }) => [what, where]))
    expect(places).toMatchObject({
      Kafka: '127.0.0.1:10092',
      Flink: 'http://127.0.0.1:9081',
      Spark: 'http://127.0.0.1:9180',
      Pinot: 'http://127.0.0.1:10000',
    })
    const few = whereToLook({ ...local, flink: null, spark: null, pinot: null }, folder, root)
    expect(few.map(({ what }) => what)).toEqual([
      'Kafka',
      '  its tools',
      'What runs',
      "A topic's records",
      'Logs',
    ])
  })
})
