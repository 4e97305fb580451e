import { describe, expect, test } from 'vitest'
import type { Pipeline } from '../../../compiler/ir.ts'
import { jsonText } from '../../../compiler/json.ts'
import type { PinotTableResource } from '../../../compiler/manifest.ts'
import { pinot as target } from '../../../compiler/targets/pinot/target.ts'
import type { KafkaSecurity } from '../../../runtime/endpoints.ts'
import type { Context } from '../../../runtime/engines/engine.ts'
import {
  type ActualTable,
  compareTable,
  differencesOf,
  type TableDetail,
  topicState,
} from '../../../runtime/engines/pinot-compare.ts'
import { inDialect } from '../../../runtime/engines/pinot-dialect.ts'
import {
  type Documents,
  type Fields,
  marked,
  wantedDocuments,
  withStream,
} from '../../../runtime/engines/pinot-documents.ts'
import { demo } from '../../fixtures/demo.ts'

function contextOf(pipeline: Pipeline, security: KafkaSecurity | null = null): Context {
  const files = new Map(
    target.emit(pipeline).flatMap((a) => ('data' in a ? [[a.path, jsonText(a.data)] as const] : [])),
  )
  return {
    pipeline: pipeline.name,
    endpoints: {
      environment: 'production',
      kafka: { bootstrapServers: 'outside:1', engineBootstrapServers: 'inside:2', security },
      flink: null,
      ksqldb: null,
      spark: null,
      pinot: { url: 'http://pinot', broker: 'http://pinot', auth: null },
    },
    read: (file) => files.get(file) ?? '',
    signal: new AbortController().signal,
    now: () => 0,
  }
}

const resource: PinotTableResource = {
  kind: 'pinot-table',
  address: 'pinot.table.transactions_aggregate_flink',
  table: 'transactions_aggregate_flink',
  topic: 'transactions_aggregate_flink',
  schemaFile: 'pinot/transactions_aggregate_flink.schema.json',
  tableFile: 'pinot/transactions_aggregate_flink.table.json',
  engine: 'flink',
  line: 1,
  hash: 'sha256:1',
}
const wanted = wantedDocuments(resource, contextOf(demo))

function actual(detail: Partial<TableDetail>, hash: string | null = resource.hash): ActualTable {
  return {
    address: resource.address,
    kind: 'pinot-table',
    hash,
    status: 'running',
    summary: '',
    position: null,
    detail: {
      table: resource.table,
      version: '1.5.1',
      owner: demo.name,
      pipeline: demo.name,
      differences: { fields: [], impossible: null },
      topic: 'same',
      stop: null,
      ...detail,
    },
  }
}

const verdict = (detail: Partial<TableDetail>, hash?: string) => compareTable(resource, actual(detail, hash))

describe('what has to happen', () => {
  test('to a table that is not there, as wanted, and not wanted', () => {
    expect(compareTable(resource, null).action).toBe('create')
    expect(verdict({}).action).toBe('unchanged')
    expect(compareTable(null, actual({})).action).toBe('delete')
  })

  test("to another pipeline's, and to nobody's we know", () => {
    expect(verdict({ owner: 'other' })).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('"other"'),
    })
    expect(verdict({ owner: null })).toMatchObject({
      action: 'refuse',
      reason: expect.stringContaining('pipec did not'),
    })
    expect(compareTable(null, actual({ owner: 'other' })).action).toBe('refuse')
  })

  test('to one made from another generated/, and to one that drifted', () => {
    expect(verdict({}, 'sha256:2').action).toBe('update')
    const fields = [{ field: 'x', from: '1', to: '2' }]
    expect(verdict({ differences: { fields, impossible: null } })).toMatchObject({ action: 'update', fields })
  })

  test('to one whose topic is gone or another one', () => {
    expect(verdict({ topic: 'missing' })).toMatchObject({
      action: 'replace',
      state: expect.stringContaining('starts anew'),
    })
    expect(verdict({ topic: 'recreated' }).action).toBe('replace')
  })

  test('to one that does not read its topic any further', () => {
    expect(verdict({ stop: 'reading its topic is paused' })).toMatchObject({
      action: 'update',
      reason: 'It does not go on: reading its topic is paused.',
      state: expect.stringContaining('goes on from the offsets'),
    })
  })
})

describe('a topic', () => {
  test.each([
    ['1', '1', 'same'],
    ['1', '2', 'recreated'],
    ['1', null, 'recreated'],
    [undefined, null, 'same'],
    [undefined, '2', 'same'],
    ['1', undefined, 'missing'],
  ] as const)('marked %s then and %s now is %s', (then, now, state) => {
    expect(topicState(then, now)).toBe(state)
  })
})

describe('differences', () => {
  const live = (change: (documents: Documents) => Documents) => differencesOf(wanted, change(wanted))
  const inTable = (more: Fields) => live((each) => ({ ...each, realtime: { ...each.realtime, ...more } }))

  test("Pinot's own defaults are none", () => {
    expect(inTable({ isDimTable: false, quota: { storage: '1G' } }).fields).toEqual([])
    expect(inTable({ upsertConfig: { mode: 'FULL', hashFunction: 'NONE' } }).fields).toEqual([])
  })

  test('a number that Pinot gives back in another form is none', () => {
    const column = (defaultNullValue: unknown) => ({ name: 'g', dataType: 'BIG_DECIMAL', defaultNullValue })
    const with_ = (value: unknown) => ({
      ...wanted,
      schema: { ...wanted.schema, dimensionFieldSpecs: [column(value)] },
    })
    expect(differencesOf(with_('-1E+38'), with_(-1e38)).fields).toEqual([])
    expect(differencesOf(with_('-1E+38'), with_(0)).fields).toHaveLength(1)
  })

  test.each([
    [
      'another time column',
      { segmentsConfig: { timeColumnName: 'window_end', replication: '1' } },
      'time column',
    ],
    ['append instead of upsert', { upsertConfig: { mode: 'NONE' } }, 'upsert mode'],
  ])('%s cannot be put right in place', (_, more, reason) => {
    expect(inTable(more).impossible).toContain(reason)
  })

  test('neither can another topic or key', () => {
    const topic = live((each) => ({
      ...each,
      realtime: withStream(each.realtime, (stream) => ({ ...stream, 'stream.kafka.topic.name': 'x' })),
    }))
    expect(topic.impossible).toContain('another topic')
    const key = live((each) => ({ ...each, schema: { ...each.schema, primaryKeyColumns: ['window_end'] } }))
    expect(key.impossible).toContain('the key')
  })

  test('a login shows that it differs, never what it is', () => {
    const security: KafkaSecurity = {
      protocol: 'SASL_SSL',
      mechanism: 'PLAIN',
      username: 'alice',
      password: 'open sesame',
      ca: null,
    }
    const secured = wantedDocuments(resource, contextOf(demo, security))
    const { fields, impossible } = differencesOf(secured, wanted)
    expect(impossible).toBeNull()
    expect(fields.map(({ field }) => field)).toContain('sasl.jaas.config')
    expect(JSON.stringify(fields)).not.toContain('sesame')
    expect(JSON.stringify(secured)).toContain('open sesame')
    expect(differencesOf(wanted, secured).fields).toEqual(
      ['security.protocol', 'sasl.mechanism', 'sasl.jaas.config'].map((field) => ({
        field,
        from: 'another value',
        to: 'not set',
      })),
    )
  })
})

describe('documents', () => {
  test("have the address at which the engines reach Kafka, the marks, and no reader's comment", () => {
    const text = JSON.stringify(marked(wanted, 'sha256:1', '42'))
    expect(text).toContain('"stream.kafka.broker.list":"inside:2"')
    expect(text).toContain('{"pipec.pipeline":"transactions","pipec.hash":"sha256:1","pipec.topic":"42"}')
    expect(text).not.toContain('$comment')
    expect(text).not.toContain('${')
  })

  test('for 1.x are as generated', () => {
    expect(inDialect(wanted, '1.5.1')).toBe(wanted)
  })

  test('for 0.11 say the same in its words', () => {
    const { schema, realtime } = inDialect(wanted, '0.11.0')
    expect(schema).not.toHaveProperty('enableColumnBasedNullHandling')
    expect(realtime.segmentsConfig).toMatchObject({ schemaName: resource.table, replicasPerPartition: '1' })
    expect(JSON.stringify(realtime)).toContain('stream.kafka20.KafkaConsumerFactory')
    expect(JSON.stringify(realtime)).not.toContain('segmentTimeValueCheck')
  })
})
