import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { explain } from '../../cli/commands/explain.ts'
import { type KeptIo, keptIo } from '../fixtures/io.ts'

function record(time: string, more: object = {}): string {
  return JSON.stringify({
    total_paid: 10,
    status: 'Paid',
    event_timestamp: `2026-01-01 00:00:${time}`,
    ...more,
  })
}

/** Size 3 s, delay 5 s: the first window is final once the clock reaches 8 s. */
const lines = [
  record('01.000'),
  record('08.000'),
  '',
  record('00.000', { status: 'Refused' }),
  record('00.000', { total_paid: 'x' }),
  record('02.999'),
  record('03.000'),
]

function project(text: string | Buffer): KeptIo {
  const io = keptIo()
  copyFileSync('pipeline.yaml', join(io.cwd, 'pipeline.yaml'))
  writeFileSync(join(io.cwd, 'events.ndjson'), text)
  return io
}

async function explained(
  line: number | null,
  text: string | Buffer = `${lines.join('\n')}\n`,
): Promise<Record<string, unknown>> {
  const io = project(text)
  expect(await explain({ file: 'pipeline.yaml', input: 'events.ndjson', line, json: true }, io)).toBe(0)
  return JSON.parse(io.said.out)
}

const start = Date.UTC(2026, 0, 1)

describe('pipec explain', () => {
  it('knows no clock before the first row', async () => {
    expect(await explained(1)).toMatchObject({
      fate: 'kept',
      clock: null,
      windows: [{ start, end: start + 3000, late: false }],
    })
  })

  it('says of bytes that are no UTF-8 what the engine does: malformed, and without a clock', async () => {
    const broken = Buffer.from(record('09.000', { user_id: '?' })).map((byte) =>
      byte === 0x3f ? 0xff : byte,
    )
    const text = Buffer.concat([broken, Buffer.from(`\n${record('01.000', { user_id: 'é' })}\n`)])
    expect(await explained(1, text)).toMatchObject({ fate: 'malformed', reason: 'it is not UTF-8' })
    expect(await explained(2, text)).toMatchObject({ fate: 'kept', clock: null })
  })

  it('says that a row is late once the clock has reached its window’s end and the delay', async () => {
    expect(await explained(6)).toMatchObject({
      fate: 'kept',
      clock: start + 8000,
      windows: [{ start, late: true, engines: { flink: 'late', ksqldb: 'kept', spark: 'kept or late' } }],
    })
  })

  it('keeps a row of the next window, which is still open', async () => {
    expect(await explained(7)).toMatchObject({
      windows: [{ start: start + 3000, late: false, engines: { flink: 'kept' } }],
    })
  })

  it('counts lines as the file does, blank ones too', async () => {
    expect(await explained(4)).toMatchObject({ line: 4, fate: 'filtered out', windows: [] })
    expect(await explained(5)).toMatchObject({
      fate: 'malformed',
      reason: '"total_paid" is "x", which is no int',
    })
    await expect(explained(3)).rejects.toThrow('no record at line 3')
  })

  it('takes one event spread over several lines', async () => {
    const spread = JSON.stringify(JSON.parse(record('01.000')), null, 2)
    expect(await explained(null, spread)).toMatchObject({ line: 1, eventTime: start + 1000, clock: null })
  })

  it('says it in words', async () => {
    const io = project(lines.join('\n'))
    await explain({ file: 'pipeline.yaml', input: 'events.ndjson', line: 6, json: false }, io)
    expect(io.said.out).toContain('events.ndjson:6 is late.')
    expect(io.said.out).toContain(
      'was final when the clock reached 2026-01-01T00:00:08.000Z: flink late, ksqldb kept, spark kept or late',
    )
  })
})
