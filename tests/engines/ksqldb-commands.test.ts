/** A user's way through the commands, on a real ksqlDB where there is one. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CommandLab, eventually } from './command-lab.ts'
import { type Lab, openLab, unavailable } from './ksqldb-lab.ts'

const long = 600_000

const onlyKsqldb = (text: string): string =>
  text
    .replace(/ {2}flink:.*\n/, '')
    .replace(/ {2}spark:.*\n/, '')
    .replace(/\nserving:\n.*\n/, '')

const onePartition = (text: string): string => onlyKsqldb(text).replace('partitions: 3', 'partitions: 1')

const windows: Readonly<Record<string, string>> = {
  hopping: '  type: hopping\n  advance: 1s\n  size: 3s',
  session: '  type: session\n  gap: 3s',
}

const grouped = (text: string): string => text.replace('\nmetrics:', '\ngroup_by: [user_id]\n\nmetrics:')

const fixtures = `
defaults: { status: Paid, total_paid: 10 }
cases:
  - name: a row later than the delay is dropped
    input:
      - row: { event_timestamp: "2026-01-01 00:00:02.999" }
      - row: { event_timestamp: "2026-01-01 00:00:08.000" }
      - row: { event_timestamp: "2026-01-01 00:00:02.000" }
        fate: late
    expect:
      - { window_start: 2026-01-01T00:00:00Z, total_paid: 10, total_transactions: 1 }
      - { window_start: 2026-01-01T00:00:06Z, total_paid: 10 }
`

describe.skipIf(unavailable !== null)(`commands on a real ksqlDB (${unavailable ?? 'here'})`, () => {
  let ksqldb: Lab
  let lab: CommandLab
  beforeAll(async () => {
    ksqldb = await openLab()
  }, long)
  afterAll(() => ksqldb?.stop(), long)
  beforeEach(() => {
    lab = new CommandLab(ksqldb.local)
    return () => lab.remove()
  })

  const verified = async (...words: string[]) => {
    const { code, out, err } = await lab.run('verify', '--records', '2000', '--json', ...words)
    const { engines } = JSON.parse(out) as { engines: readonly Readonly<Record<string, unknown>>[] }
    return { code, err, engine: engines[0] }
  }

  test('apply, produce, status, an edit, destroy', { timeout: long }, async () => {
    await lab.pipeline(onlyKsqldb)
    const applied = await lab.run('apply', '--yes')
    expect(applied.code, applied.err).toBe(0)
    expect((await lab.run('plan', '--exit-code')).code).toBe(0)
    expect((await lab.run('produce', '-n', '1000')).code).toBe(0)
    await eventually(60, async () => {
      expect(await lab.values(`${lab.name}_aggregate_ksql`)).not.toEqual([])
      const status = await lab.run('status', '--json')
      expect(status.out).toMatch(/RUNNING, 0 records behind/)
      expect(status.code).toBe(0)
    })
    await lab.pipeline((text) => onlyKsqldb(text).replace('size: 3s', 'size: 6s'))
    const plan = await lab.run('plan', '--exit-code')
    expect(plan.code).toBe(2)
    expect(plan.out).toContain('starts anew')
    const again = await lab.run('apply', '--yes')
    expect(again.code, again.err).toBe(0)
    expect((await lab.run('destroy', '--yes')).code).toBe(0)
    expect(await lab.topics()).toEqual([])
  })

  test.each([
    ['three partitions', onlyKsqldb],
    ['one partition', onePartition],
  ])('verify, %s', { timeout: long }, async (_, change) => {
    await lab.pipeline(change)
    const { code, err, engine } = await verified()
    expect(engine, err).toMatchObject({ outcome: 'equal', different: 0, missing: 0, extra: 0 })
    expect(code).toBe(0)
    expect(await lab.topics()).toEqual([])
  })

  test.each(Object.entries(windows))('verify, %s windows of groups', { timeout: long }, async (_, window) => {
    await lab.pipeline((text) => grouped(onePartition(text)).replace('  type: tumbling\n  size: 3s', window))
    const { code, err, engine } = await verified()
    expect(engine, err).toMatchObject({ outcome: 'equal' })
    expect(code).toBe(0)
  })

  test('verify, a time that has to be computed', { timeout: long }, async () => {
    await lab.pipeline((text) =>
      onlyKsqldb(text).replace('SSS\n    watermark', 'SSS\n    time_zone: America/Sao_Paulo\n    watermark'),
    )
    const { code, err, engine } = await verified()
    expect(engine, err).toMatchObject({ outcome: 'equal' })
    expect(code).toBe(0)
  })

  test('fixtures pass there as they do here', { timeout: long }, async () => {
    await lab.pipeline(onlyKsqldb)
    writeFileSync(join(lab.folder, 'late.yaml'), fixtures)
    expect((await lab.run('test', 'late.yaml')).code).toBe(0)
    const live = await lab.run('test', 'late.yaml', '--engine', 'ksqldb')
    expect(live.code, live.out + live.err).toBe(0)
    expect(await lab.topics()).toEqual([])
  })
})
