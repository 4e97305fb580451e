import { expect, test } from 'vitest'
import { fixturePipeline } from '../../cli/live-fixtures.ts'
import { demo } from '../fixtures/demo.ts'

const record = (partition: number) => ({ kind: 'record', partition }) as never

test('ksqlDB drops the late rows of a fixture with one partition, as the embedded engine does', () => {
  const updates = { topic: 'out', emit: 'changes', grace: 86_400_000, at: { start: 0, end: 0 } } as const
  const pipeline = { ...demo, engines: { ...demo.engines, ksqldb: updates } }
  const one = fixturePipeline(pipeline, 'ksqldb', { input: [record(0)] })
  expect(one.engines).toEqual({
    flink: null,
    spark: null,
    ksqldb: { ...updates, emit: 'final', grace: demo.source.eventTime.watermarkDelay },
  })
  expect(one.source.partitions).toBe(1)
  const three = fixturePipeline(pipeline, 'ksqldb', { input: [record(0), record(2)] })
  expect(three.engines.ksqldb).toEqual(updates)
  expect(three.source.partitions).toBe(3)
  const wanted = { ...pipeline, source: { ...demo.source, partitions: 1 } }
  expect(fixturePipeline(wanted, 'ksqldb', { input: [record(0)] }).engines.ksqldb).toEqual(updates)
  expect(fixturePipeline(pipeline, 'flink', { input: [record(0)] }).engines).toMatchObject({ ksqldb: null })
})
