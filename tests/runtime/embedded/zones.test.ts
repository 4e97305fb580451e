import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { type Compiled, compiled, compute } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

function zoned(zone: string): Compiled {
  return compiled({ format: 'yyyy-MM-dd HH:mm:ss', zone, metrics: { at: 'min(at)' } })
}

async function instants(zone: string, texts: readonly string[]): Promise<readonly string[]> {
  const { summary } = await compute(
    engine,
    zoned(zone),
    texts.map((at) => ({ at })),
  )
  expect(summary.malformed).toBe(0)
  const found = await engine.query('SELECT "at" FROM records ORDER BY rowid')
  return found.map(([millis]) => new Date(Number(millis)).toISOString())
}

// As java.time resolves them: LocalDateTime.atZone takes the earlier offset, and moves on what was skipped.
test.each([
  ['Europe/Berlin', '2024-03-31 01:59:59', '2024-03-31T00:59:59.000Z'],
  ['Europe/Berlin', '2024-03-31 02:30:00', '2024-03-31T01:30:00.000Z'],
  ['Europe/Berlin', '2024-03-31 03:00:00', '2024-03-31T01:00:00.000Z'],
  ['Europe/Berlin', '2024-10-27 01:59:59', '2024-10-26T23:59:59.000Z'],
  ['Europe/Berlin', '2024-10-27 02:30:00', '2024-10-27T00:30:00.000Z'],
  ['Europe/Berlin', '2024-10-27 03:00:00', '2024-10-27T02:00:00.000Z'],
  ['America/New_York', '2024-11-03 01:30:00', '2024-11-03T05:30:00.000Z'],
  ['Australia/Lord_Howe', '2024-04-07 01:45:00', '2024-04-06T14:45:00.000Z'],
  ['Pacific/Apia', '2011-12-30 12:00:00', '2011-12-30T22:00:00.000Z'],
  ['Asia/Kolkata', '1970-01-01 05:30:00', '1970-01-01T00:00:00.000Z'],
])('in %s %s is %s', async (zone, text, instant) => {
  expect(await instants(zone, [text])).toEqual([instant])
})

/** What clocks in the zone show, by another library than DuckDB's. */
function shown(zone: string, instant: number): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  return format.format(instant)
}

test('a time that clocks showed is an instant at which they showed it, the first one', {
  timeout: 60_000,
}, async () => {
  const zone = fc.constantFrom(
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Europe/Dublin',
    'Pacific/Chatham',
  )
  // In the past: of the future each library's edition of the time zones knows something else.
  const seconds = fc.integer({ min: Date.UTC(1985, 0) / 1000, max: Date.UTC(2022, 0) / 1000 })
  await fc.assert(
    fc.asyncProperty(zone, fc.array(seconds, { minLength: 100, maxLength: 100 }), async (zone, all) => {
      const texts = all.map((each) => shown(zone, each * 1000))
      const found = (await instants(zone, texts)).map((each) => Date.parse(each))
      expect(found.map((each) => shown(zone, each))).toEqual(texts)
      expect(found.every((each, index) => each <= all[index]! * 1000)).toBe(true)
    }),
    { numRuns: 10 },
  )
})
