import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import type { Manifest } from '../../compiler/manifest.ts'
import type { Endpoints } from '../../runtime/endpoints.ts'
import type { Action, Actual, Change } from '../../runtime/engines/engine.ts'
import { allEngines } from '../../runtime/engines/registry.ts'
import {
  changesOf,
  concerned,
  nothingWanted,
  type Plan,
  unsaid,
  wantedResources,
} from '../../runtime/plan.ts'

const { manifest } = compile(readFileSync('pipeline.yaml', 'utf8')).output!

const http = { url: 'http://nowhere', auth: null }
const everywhere: Endpoints = {
  environment: 'local',
  kafka: { bootstrapServers: 'nowhere:1', engineBootstrapServers: 'nowhere:1', security: null },
  flink: { ...http, rest: 'http://nowhere', checkpoints: null },
  ksqldb: http,
  spark: { ...http, master: 'spark://nowhere', ui: 'http://nowhere', here: true, files: null },
  pinot: { ...http, broker: 'http://nowhere' },
}

function addresses({ resources }: { readonly resources: Manifest['resources'] }): readonly string[] {
  return resources.map((each) => each.address)
}

describe('an engine that is not up here', () => {
  const wanted = wantedResources(manifest, { ...everywhere, spark: null }, null)

  test('takes its topic and its table out of the plan with it', () => {
    const left = [
      'kafka.topic.transactions_aggregate_spark',
      'spark.job.pipec.transactions',
      'pinot.table.transactions_aggregate_spark',
    ]
    expect([...wanted.leftOut].sort()).toEqual([...left].sort())
    expect(addresses(wanted)).toEqual(addresses(manifest).filter((each) => !left.includes(each)))
    expect(wanted.notes).toEqual(['spark is not up here: its part of the pipeline is left out.'])
  })

  test('keeps what it has made before: nothing of it is deleted', () => {
    const table = {
      ...live('pinot.table.transactions_aggregate_spark'),
      kind: 'pinot-table',
      detail: {},
    } as const
    const topic = {
      ...live('kafka.topic.transactions_aggregate_spark'),
      kind: 'kafka-topic',
      detail: {},
    } as const
    const old = { ...live('kafka.topic.old'), kind: 'kafka-topic', detail: {} } as const
    expect(concerned([table, topic, old], wanted, null)).toEqual([old])
    expect(concerned([table, topic, old], wanted, 'flink')).toEqual([])
    expect(concerned([table, topic, old], nothingWanted, null)).toEqual([table, topic, old])
  })

  test('is a mistake anywhere but on this machine', () => {
    const staging = { ...everywhere, environment: 'staging', spark: null }
    expect(() => wantedResources(manifest, staging, null)).toThrow(/"staging" does not say where spark/)
  })
})

test('with every engine there nothing is left out', () => {
  const wanted = wantedResources(manifest, everywhere, null)
  expect([wanted.resources, wanted.leftOut.size, wanted.notes]).toEqual([manifest.resources, 0, []])
})

test('limited to one engine, it and the topics that it reads and writes are wanted', () => {
  const wanted = wantedResources(manifest, everywhere, 'flink')
  expect(addresses(wanted)).toEqual([
    'kafka.topic.transactions',
    'kafka.topic.transactions_aggregate_flink',
    'flink.job.pipec.transactions',
  ])
  expect(wanted.leftOut.size).toBe(manifest.resources.length - 3)
})

test('topics come first, jobs next, tables last, and what goes goes the other way round', () => {
  const gone: readonly Actual[] = [
    { ...live('kafka.topic.old'), kind: 'kafka-topic', detail: { ours: true, topic: 'old' } },
    { ...live('flink.job.pipec.old'), kind: 'flink-job', detail: { duplicates: [] } },
  ]
  const changes = changesOf(manifest.resources, gone, allEngines)
  expect(changes.map((each) => `${each.action} ${each.engine}`)).toEqual([
    'create kafka',
    'create kafka',
    'unchanged kafka',
    'create kafka',
    'create flink',
    'create ksqldb',
    'create spark',
    'create pinot',
    'create pinot',
    'create pinot',
    'delete flink',
    'delete kafka',
  ])
})

function live(address: string) {
  return { address, hash: null, status: 'running', summary: '', position: null } as const
}

describe('a fresh look behind the lock', () => {
  const change = (address: string, action: Action, state: string | null = 'starts anew'): Change => ({
    address,
    engine: 'flink',
    action,
    reason: '',
    fields: [],
    state,
    desired: null,
    actual: null,
  })
  const planOf = (...changes: Change[]): Plan => ({
    environment: 'local',
    pipeline: 'p',
    changes,
    notes: [],
  })
  const said = planOf(change('a', 'create'), change('b', 'replace'), change('c', 'delete'))

  test('finds what would be ended or started anew though nobody was told', () => {
    const fresh = planOf(change('a', 'replace'), change('d', 'delete'), change('b', 'replace'))
    expect(unsaid(said, fresh).map(({ address }) => address)).toEqual(['a', 'd'])
  })

  test('lets through what was said, what somebody else has done by now, and what takes nothing away', () => {
    const fresh = planOf(
      change('a', 'unchanged'),
      change('b', 'replace'),
      change('c', 'delete'),
      change('e', 'update'),
      change('f', 'replace', null),
    )
    expect(unsaid(said, fresh)).toEqual([])
  })
})
