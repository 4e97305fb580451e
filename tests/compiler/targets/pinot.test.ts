import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Field, Metric, Pipeline, Type } from '../../../compiler/ir.ts'
import { columnProblems, tableCollisions, tableName } from '../../../compiler/targets/pinot/names.ts'
import { pinot } from '../../../compiler/targets/pinot/target.ts'
import { demo } from '../../fixtures/demo.ts'

const at = { start: 0, end: 0 }

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into as JSON
function documents(pipeline: Pipeline): Record<string, any> {
  return Object.fromEntries(pinot.emit(pipeline).flatMap((a) => ('data' in a ? [[a.path, a.data]] : [])))
}

const schemaOf = (pipeline: Pipeline) => documents(pipeline)['pinot/transactions_aggregate_flink.schema.json']
const tableOf = (pipeline: Pipeline) => documents(pipeline)['pinot/transactions_aggregate_flink.table.json']

function metric(name: string, type: Type): Metric {
  return { name, type, aggregate: { kind: 'count-rows' }, at }
}

function field(name: string, type: Type): Field {
  return { name, type, at }
}

test('one schema and one table for each engine that is served, beside the configuration of Pinot itself', () => {
  const paths = pinot.emit(demo).map(({ path }) => path)
  expect(paths).toEqual([
    ...['flink', 'ksql', 'spark'].flatMap((engine) =>
      ['schema', 'table'].map((kind) => `pinot/transactions_aggregate_${engine}.${kind}.json`),
    ),
    ...['controller', 'broker', 'server'].map((role) => `pinot/conf/${role}.conf`),
  ])
})

test('a table is a resource that names its topic and both files', () => {
  const [first] = pinot.resources(demo)
  expect(first).toMatchObject({
    kind: 'pinot-table',
    address: 'pinot.table.transactions_aggregate_flink',
    table: 'transactions_aggregate_flink',
    topic: 'transactions_aggregate_flink',
    engine: 'flink',
  })
})

test('a pipeline that nothing serves has no tables, files or services', () => {
  const pipeline = { ...demo, pinot: { ...demo.pinot!, engines: [] } }
  expect(pinot.emit(pipeline)).toEqual([])
  expect(pinot.resources(pipeline)).toEqual([])
  expect(pinot.services(pipeline).services).toEqual({})
})

describe('columns', () => {
  const kinds: readonly Type[] = [
    { kind: 'string' },
    { kind: 'boolean' },
    { kind: 'int' },
    { kind: 'bigint' },
    { kind: 'decimal', precision: 10, scale: 2 },
    { kind: 'timestamp' },
  ]
  const pipeline = {
    ...demo,
    groupBy: kinds.map((type) => field(`by_${type.kind}`, type)),
    metrics: [...kinds, { kind: 'double' } as const].map((type) => metric(type.kind, type)),
  }
  const schema = schemaOf(pipeline)
  const spec = (list: string, name: string) =>
    schema[list].find((column: { readonly name: string }) => column.name === name)

  test('the key is the window and the group', () => {
    expect(schema.primaryKeyColumns).toEqual(['window_start', ...pipeline.groupBy.map(({ name }) => name)])
  })

  test('no value of a key column can be mistaken for its null', () => {
    const of = (kind: string) => spec('dimensionFieldSpecs', `by_${kind}`)
    expect(of('string')).toMatchObject({ dataType: 'STRING', defaultNullValue: '\u2400' })
    expect(of('boolean')).toMatchObject({ dataType: 'STRING' })
    expect(of('int')).toEqual({ name: 'by_int', dataType: 'LONG' })
    expect(of('bigint')).toEqual({ name: 'by_bigint', dataType: 'LONG' })
    expect(of('decimal')).toMatchObject({ dataType: 'BIG_DECIMAL', defaultNullValue: '-1E+38' })
  })

  test('numbers are metrics, everything else a dimension', () => {
    expect(schema.metricFieldSpecs).toEqual([
      { name: 'int', dataType: 'LONG' },
      { name: 'bigint', dataType: 'LONG' },
      { name: 'decimal', dataType: 'BIG_DECIMAL' },
      { name: 'timestamp', dataType: 'LONG' },
      { name: 'double', dataType: 'DOUBLE' },
    ])
    expect(spec('dimensionFieldSpecs', 'boolean')).toEqual({ name: 'boolean', dataType: 'BOOLEAN' })
  })

  test('no text is cut off', () => {
    const texts = schema.dimensionFieldSpecs.filter(
      ({ dataType }: { dataType: string }) => dataType === 'STRING',
    )
    expect(texts.length).toBe(3)
    for (const { maxLength } of texts) expect(maxLength).toBe(2 ** 31 - 1)
  })
})

/** Every key that Pinot's documentation of schemas and table configurations names and pipec uses. */
const documented = new Set([
  ...['schemaName', 'enableColumnBasedNullHandling', 'dimensionFieldSpecs', 'metricFieldSpecs'],
  ...['dateTimeFieldSpecs', 'primaryKeyColumns', 'name', 'dataType', 'format', 'granularity', 'maxLength'],
  ...['defaultNullValue', 'tableName', 'tableType', 'segmentsConfig', 'timeColumnName', 'replication'],
  ...[
    'retentionTimeUnit',
    'retentionTimeValue',
    'tenants',
    'tableIndexConfig',
    'loadMode',
    'nullHandlingEnabled',
  ],
  ...[
    'metadata',
    'customConfigs',
    'routing',
    'instanceSelectorType',
    'upsertConfig',
    'mode',
    'ingestionConfig',
  ],
  ...['segmentTimeValueCheck', 'streamIngestionConfig', 'streamConfigMaps', 'streamType'],
  ...['topic.name', 'broker.list', 'consumer.type', 'consumer.factory.class.name', 'decoder.class.name'].map(
    (key) => `stream.kafka.${key}`,
  ),
  ...['stream.kafka.consumer.prop.auto.offset.reset', 'stream.kafka.isolation.level'],
  ...['rows', 'time', 'segment.size'].map((key) => `realtime.segment.flush.threshold.${key}`),
])

function keysOf(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap(keysOf)
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
}

test('every key is one that Pinot documents', () => {
  const used = Object.values(documents(demo)).flatMap(keysOf)
  const ours = ['$comment', 'pipec.pipeline']
  expect([...new Set(used)].filter((key) => !documented.has(key) && !ours.includes(key))).toEqual([])
})

describe('retention', () => {
  const retained = (retention: number | null) =>
    tableOf({ ...demo, pinot: { ...demo.pinot!, retention } }).segmentsConfig

  test('is written in the largest unit that holds it', () => {
    expect(retained(30 * 86_400_000)).toMatchObject({ retentionTimeUnit: 'DAYS', retentionTimeValue: '30' })
    expect(retained(36 * 3_600_000)).toMatchObject({ retentionTimeUnit: 'HOURS', retentionTimeValue: '36' })
    expect(retained(1)).toMatchObject({ retentionTimeUnit: 'MILLISECONDS', retentionTimeValue: '1' })
  })

  test('none keeps rows for ever', () => {
    expect(Object.keys(retained(null))).toEqual(['timeColumnName', 'replication'])
  })
})

describe('names of tables', () => {
  test.each([
    ['transactions_aggregate_flink', 'transactions_aggregate_flink'],
    ['shop.orders-v2', 'shop_orders_v2'],
    ['a__b--c', 'a_b_c'],
    ['_a_', 'a'],
    ['sales_REALTIME', 'sales_realtime'],
    ['sales-OFFLINE', 'sales_offline'],
    ['---', 'results'],
  ])('%s is served as %s', (topic, table) => {
    expect(tableName(topic)).toBe(table)
  })

  test('are names that Pinot takes, whatever the topic', () => {
    const topic = fc.stringMatching(/^[A-Za-z0-9._-]{1,60}$/)
    fc.assert(
      fc.property(topic, (name) => {
        const table = tableName(name)
        expect(table).toMatch(/^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/)
        expect(table).not.toMatch(/_(REALTIME|OFFLINE)$/)
      }),
    )
  })

  test('two topics of one table are told', () => {
    const { flink, ksqldb, spark } = demo.engines
    const engines = { flink: { ...flink!, topic: 'out.a' }, ksqldb: { ...ksqldb!, topic: 'OUT_A' }, spark }
    expect(tableCollisions({ ...demo, engines })).toMatchObject([
      { topic: 'OUT_A', other: 'out.a', table: 'OUT_A' },
    ])
    expect(tableCollisions(demo)).toEqual([])
  })
})

describe('names of columns', () => {
  const told = (name: string) =>
    columnProblems({ ...demo, metrics: [metric(name, { kind: 'bigint' })] }).length === 1

  test.each([
    'total',
    'a.b',
    'a$b',
    'a"b',
    "a'b",
    'a`b',
    'a;b',
    'a--b',
    '{{x}}',
    '0',
    'select',
    'x'.repeat(128),
  ])('%s is served', (name) => expect(told(name)).toBe(false))

  test.each([
    'a b',
    'a\tb',
    '$x',
    '${HOME}',
    'a/b',
    'a\\b',
    'a:b',
    'a=b',
    'a,b',
    '#a',
    '!a',
    '*',
    'ü',
    '💥',
    'x'.repeat(129),
  ])('%s is told', (name) => expect(told(name)).toBe(true))
})
