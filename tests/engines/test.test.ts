import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { CommandLab } from './command-lab.ts'

const fixtures = (total: number): string => `
defaults: { status: Paid, total_paid: 10 }
cases:
  - name: a row later than the delay is dropped
    input:
      - row: { event_timestamp: "2026-01-01 00:00:02.999" }
      - pause: 100ms
      - row: { event_timestamp: "2026-01-01 00:00:08.000" }
      - row: { event_timestamp: "2026-01-01 00:00:02.000" }
        fate: late
    expect:
      - { window_start: 2026-01-01T00:00:00Z, total_paid: ${total}, total_transactions: 1 }
      - { window_start: 2026-01-01T00:00:06Z, total_paid: 10 }
`

describe.skipIf(inject('local') === null)('fixtures on a live engine', () => {
  let lab: CommandLab
  beforeEach(() => {
    lab = new CommandLab()
  })
  afterEach(() => lab.remove())

  it('pass on Flink as they do here, fail with what it wrote, and leave nothing behind', async () => {
    await lab.pipeline()
    writeFileSync(join(lab.folder, 'good.yaml'), fixtures(10))
    writeFileSync(join(lab.folder, 'bad.yaml'), fixtures(11))
    expect((await lab.run('test', 'good.yaml')).code).toBe(0)
    const live = await lab.run('test', 'good.yaml', 'bad.yaml', '--engine', 'flink')
    expect(live.code, live.err).toBe(2)
    expect(live.out).toContain('+ {"window_start":1767225600000,"total_paid":10,"total_transactions":1}')
    expect(live.out).toMatch(/1 passed, 1 failed/)
    expect(await lab.topics()).toEqual([])
  })
})
