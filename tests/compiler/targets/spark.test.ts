import { expect, test } from 'vitest'
import type { EventTime, Pipeline, TimeFormat } from '../../../compiler/ir.ts'
import { render } from '../../../compiler/render.ts'
import { likePattern } from '../../../compiler/targets/spark/like.ts'
import { freeName } from '../../../compiler/targets/spark/quote.ts'
import { spark } from '../../../compiler/targets/spark/target.ts'
import { duration, timestamp } from '../../../compiler/targets/spark/time.ts'
import { sql } from '../../../compiler/text.ts'
import { parseTimeFormat } from '../../../compiler/time-format.ts'
import { demo } from '../../fixtures/demo.ts'

function script(pipeline: Pipeline): string {
  const [artifact] = spark.emit(pipeline)
  if (artifact === undefined || !('template' in artifact)) throw new Error('no script')
  return render(artifact.template, artifact.view)
}

function stateHash(pipeline: Pipeline): string {
  const [resource] = spark.resources(pipeline)
  if (resource?.kind !== 'spark-job') throw new Error('no job')
  return resource.stateHash
}

const at = { start: 0, end: 0 }

function time(format: string, timeZone = 'UTC'): string {
  const parsed = parseTimeFormat(format)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return timestamp(sql`t`, { format: parsed as TimeFormat, timeZone } as EventTime)
}

test('the demo becomes a job that a person would have written', () => {
  const text = script(demo)
  expect(text).toContain(`.where("\`status\` = 'Paid'")`)
  expect(text).toContain('stream.withWatermark("event_timestamp", "5 seconds")')
  expect(text).toContain('F.window("event_timestamp", "3 seconds").alias("window"),')
  expect(text).toContain(`F.expr("sum(\`total_paid\`)").alias("total_paid"),`)
  expect(text).toContain('.config("spark.sql.shuffle.partitions", "3")')
  expect(text).toContain('F.to_json(F.struct("window_start"), {"ignoreNullFields": "false"}).alias("key"),')
})

test('hopping windows slide, and an offset is the start within one slide', () => {
  const window = { kind: 'hopping', size: 60_000, advance: 20_000, offset: 50_000, at } as const
  expect(script({ ...demo, window })).toContain(
    'F.window("event_timestamp", "1 minute", "20 seconds", startTime="10 seconds").alias("window"),',
  )
})

test('a session without groups is grouped by a constant', () => {
  const text = script({ ...demo, window: { kind: 'session', gap: 90_000, at } })
  expect(text).toContain('.withColumn("everything", F.lit(1))')
  expect(text).toContain(
    'F.session_window("event_timestamp", "90 seconds").alias("window"),\n        "everything",',
  )
})

test('an exact job keeps its own windows', () => {
  const engines = { ...demo.engines, spark: { ...demo.engines.spark!, lateRows: 'exact' as const } }
  const text = script({ ...demo, engines })
  expect(text).toContain(
    'DELAY = 5000\nSIZE = 3000\nADVANCE = 3000\nOFFSET = 0\nGROUPS = 0\nMETRICS = ["sum", "count", "avg"]',
  )
  expect(text).toContain('RocksDBStateStoreProvider')
})

test.each([
  [0, '0 seconds'],
  [1_500, '1500 milliseconds'],
  [5_000, '5 seconds'],
  [60_000, '1 minute'],
  [90_000, '90 seconds'],
  [86_400_000, '1 day'],
])('%i ms is written %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text)
})

test('each way to write a time is read without ever throwing', () => {
  expect(time('yyyy-MM-dd HH:mm:ss.SSS')).toBe(
    "CASE WHEN t RLIKE '^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}\\\\z' THEN try_cast(t AS TIMESTAMP) END",
  )
  expect(time("yyyy-MM-dd'T'HH:mm:ss", 'Asia/Tokyo')).toMatch(
    /^to_utc_timestamp\(CASE WHEN t RLIKE '\S*T\S*' THEN try_cast\(t AS TIMESTAMP\) END, 'Asia\/Tokyo'\)$/,
  )
  expect(time('dd/MM/yyyy', 'Europe/Berlin')).toBe(
    "to_utc_timestamp(try_to_timestamp(t, 'dd/MM/yyyy'), 'Europe/Berlin')",
  )
  expect(time("yyyy-MM-dd'T'HH")).toBe("try_to_timestamp(t, 'yyyy-MM-dd\\'T\\'HH')")
  expect(time('iso8601')).toMatch(/^CASE WHEN t RLIKE '\S*T\S*Z\\\\z' THEN try_cast\(t AS TIMESTAMP\) END$/)
  expect(time('epoch_millis')).toMatch(/^CASE WHEN t BETWEEN -?\d+ AND \d+ THEN timestamp_millis\(t\) END$/)
  expect(time('epoch_seconds')).toMatch(/THEN timestamp_seconds\(t\) END$/)
})

test('a fraction that follows the seconds without a point gets one', () => {
  expect(time('yyyyMMddHHmmssSSS')).toBe(
    "try_to_timestamp(substring(t, 1, 14) || '.' || substring(t, 15), 'yyyyMMddHHmmss.SSS')",
  )
})

test.each([
  ['a%', null, "'a%'"],
  ['a\\_', null, "'a\\\\_' ESCAPE '!'"],
  ['50!%!!', '!', "'50!%!!' ESCAPE '!'"],
  ['5x%x_!', 'x', "'5!%!_!!' ESCAPE '!'"],
])('like %s escape %s', (pattern, escapeWith, text) => {
  expect(likePattern(pattern, escapeWith)).toBe(text)
})

test('a column of our own gives way to the user’s, whatever its case', () => {
  expect(freeName('window', ['a'])).toBe('window')
  expect(freeName('window', ['Window', 'window_'])).toBe('window__')
})

test('what a checkpoint depends on changes the state, the rest does not', () => {
  const { source, engines } = demo
  const same = [
    { ...demo, source: { ...source, partitions: 9 } },
    { ...demo, generator: null },
    { ...demo, engines: { ...engines, flink: null } },
  ]
  for (const pipeline of same) expect(stateHash(pipeline)).toBe(stateHash(demo))
  const others: Pipeline[] = [
    { ...demo, where: null },
    { ...demo, metrics: demo.metrics.slice(1) },
    { ...demo, groupBy: [source.fields[1]!] },
    { ...demo, window: { kind: 'tumbling', size: 4_000, offset: 0, at } },
    { ...demo, source: { ...source, topic: 'other' } },
    { ...demo, source: { ...source, eventTime: { ...source.eventTime, watermarkDelay: 1 } } },
    { ...demo, engines: { ...engines, spark: { ...engines.spark!, lateRows: 'exact' } } },
    { ...demo, engines: { ...engines, spark: { ...engines.spark!, topic: 'elsewhere' } } },
  ]
  expect(new Set([demo, ...others].map(stateHash)).size).toBe(others.length + 1)
})

test('a pipeline without Spark gets none of it', () => {
  const none = { ...demo, engines: { ...demo.engines, spark: null } }
  expect([spark.emit(none), spark.resources(none), spark.services(none)]).toEqual([
    [],
    [],
    { services: {}, volumes: [] },
  ])
})
