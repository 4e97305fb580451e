import { expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'

function warned(engines: string, advance = '20s'): readonly string[] {
  const { diagnostics } = compile(`
name: rides
source:
  topic: rides
  partitions: 4
  fields: { city: string, ended_at: timestamp }
  event_time: { field: ended_at, format: iso8601, watermark_delay: 10s }
window: { type: hopping, size: 1m, advance: ${advance} }
group_by: [city]
metrics: { rides: count(*) }
engines: ${engines}
`)
  return diagnostics.filter(({ code }) => code === 'state-size').map(({ message }) => message)
}

test('state that only ksqlDB keeps, for its grace of a day, is said to be there', () => {
  // (60 s + 1 day) / 20 s, rounded up, each of 64 + 16 bytes.
  expect(warned('{ flink: { topic: a }, ksqldb: { topic: b } }')).toEqual([
    'Every value of "city" keeps 4,323 windows open, about 345.8 MB of state for every 1,000 values on ksqlDB, for as long as its `grace`.',
  ])
  expect(warned('{ flink: { topic: a }, spark: { topic: b } }')).toEqual([])
  expect(warned('{ flink: { topic: a } }', '500ms')[0]).toContain('140 windows open')
  expect(warned('{ flink: { topic: a }, ksqldb: { topic: b } }', '500ms')[0]).toMatch(
    /172,920 windows .* ksqlDB/,
  )
})
