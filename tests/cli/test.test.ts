import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type TestOptions, test } from '../../cli/commands/test.ts'
import { type KeptIo, keptIo } from '../fixtures/io.ts'

const options: TestOptions = {
  file: 'pipeline.yaml',
  fixtures: [],
  name: null,
  update: false,
  json: false,
  junit: null,
  engine: null,
  environment: 'local',
}

/** A folder with the example's pipeline and one fixture file. */
function project(fixtures: string): KeptIo {
  const io = keptIo()
  copyFileSync('pipeline.yaml', join(io.cwd, 'pipeline.yaml'))
  mkdirSync(join(io.cwd, 'tests'))
  writeFileSync(join(io.cwd, 'tests/first.yaml'), fixtures)
  return io
}

const sound = readFileSync('tests/example/payments.yaml', 'utf8')

describe('pipec test', () => {
  it('passes fixtures that say what comes out', async () => {
    const io = project(sound)
    expect(await test(options, io)).toBe(0)
    expect(io.said.out).toMatch(/2 passed, 0 failed/)
  })

  it('names the fixture whose rows cannot be computed', async () => {
    const io = project(`cases:
  - { name: fits, input: [{ row: { event_timestamp: "2026-01-01 00:00:00.000", status: Paid, total_paid: 1 } }], expect: [] }
  - { name: too much, input: [{ row: { event_timestamp: "2026-01-01 00:00:00.000", status: Paid, total_paid: 9 } }], expect: [] }
`)
    const pipeline = readFileSync(join(io.cwd, 'pipeline.yaml'), 'utf8')
    const beyond = pipeline.replace('sum(total_paid)', 'sum(total_paid + 9223372036854775800)')
    writeFileSync(join(io.cwd, 'pipeline.yaml'), beyond)
    await expect(test(options, io)).rejects.toThrow(/^Fixture "too much" \(line 3\): /)
  })

  it('shows a wrong sum beside the right one and exits 2', async () => {
    const io = project(sound.replace('total_paid: 30', 'total_paid: 31'))
    expect(await test(options, io)).toBe(2)
    expect(io.said.out).toContain('- {"window_start":1767225600000,"total_paid":31')
    expect(io.said.out).toContain('+ {"window_start":1767225600000,"total_paid":30')
    expect(io.said.out).toMatch(/1 passed, 1 failed/)
  })

  it('tells of a row that is late and of one that is malformed where the fixture does not', async () => {
    const io = project(sound.replaceAll(/^ +fate: .*\n/gm, ''))
    expect(await test(options, io)).toBe(2)
    expect(io.said.out).toContain('record 3 is late')
    expect(io.said.out).toContain('record 4 is malformed')
  })

  it('tells of a row that is not late where the fixture says so', async () => {
    const io = project(sound.replace('"2026-01-01 00:00:02.000" }', '"2026-01-01 00:00:03.001" }'))
    expect(await test(options, io)).toBe(2)
    expect(io.said.out).toContain('record 3 is kept')
  })

  it('writes what came out with --update, keeps comments, and passes from then on', async () => {
    const io = project(
      sound.replace('total_paid: 30', 'total_paid: 31 ').replace('        fate: late\n', '') + '# the end\n',
    )
    expect(await test({ ...options, update: true }, io)).toBe(0)
    expect(io.said.out).toContain('+        fate: late')
    expect(readFileSync(join(io.cwd, 'tests/first.yaml'), 'utf8')).toContain('# the end')
    expect(await test(options, io)).toBe(0)
  })

  it('places complaints in the fixture file', async () => {
    const io = project(
      sound.replace('total_transactions: 2', 'totl_transactions: 2').replace('fate: late', 'fate: lost'),
    )
    expect(await test(options, io)).toBe(1)
    expect(io.said.err).toContain('tests/first.yaml:16:15 error unknown-word')
    const columns = project(sound.replace('total_transactions: 2', 'totl_transactions: 2'))
    expect(await test(options, columns)).toBe(1)
    expect(columns.said.err).toMatch(
      /first\.yaml:10:\d+ error unknown-column[\s\S]*did you mean "total_transactions"\?/,
    )
  })

  it('warns of a member that looks like a misspelt field, and of no other', async () => {
    const odd =
      'cases:\n  - name: x\n    expect: []\n    input:\n      - row: { totl_paid: 1, note: x, status: Refused }\n'
    const io = project(`defaults: { staus: Paid }\n${odd}`)
    await test(options, io)
    expect(io.said.err).toMatch(/first\.yaml:1:\d+ warning unread-field[\s\S]*did you mean "status"\?/)
    expect(io.said.err).toMatch(/first\.yaml:6:\d+ warning unread-field[\s\S]*did you mean "total_paid"\?/)
    expect(io.said.err).not.toContain('"note" is not')
    expect(io.said.out).toContain('x')
  })

  it.each([
    ['- row: {}\n        line: x', 'arrival-kind'],
    ['- partition: 1', 'arrival-kind'],
    ['- { pause: 1s, fate: late }', 'fate-of-pause'],
    ['- pause: 0.0001s', 'duration-range'],
  ])('refuses the arrival %s', async (arrival, code) => {
    const io = project(`cases:\n  - name: x\n    expect: []\n    input:\n      ${arrival}\n`)
    expect(await test(options, io)).toBe(1)
    expect(io.said.err).toContain(`error ${code}`)
  })

  it('refuses a window start that is no time', async () => {
    const io = project('cases:\n  - { name: x, input: [], expect: [{ window_start: noon }] }\n')
    expect(await test(options, io)).toBe(1)
    expect(io.said.err).toContain('error bad-instant')
  })

  it('writes JUnit that names the fixture, its place and the difference, escaped', async () => {
    const io = project(
      sound.replace('refused payments', 'refused <&"payments"').replace('total_paid: 30', 'total_paid: 31'),
    )
    expect(await test({ ...options, junit: 'report.xml' }, io)).toBe(2)
    const xml = readFileSync(join(io.cwd, 'report.xml'), 'utf8')
    expect(xml).toContain('<testsuites tests="2" failures="1"')
    expect(xml).toContain('name="refused &lt;&amp;&quot;payments&quot; are left out"')
    expect(xml).toContain('&quot;total_paid&quot;:31')
  })

  it('compares whole numbers beyond 2^53 and decimals exactly', async () => {
    const io = keptIo()
    writeFileSync(
      join(io.cwd, 'pipeline.yaml'),
      `name: big\nsource:\n  topic: t\n  fields: { n: bigint, d: "decimal(20,2)", at: timestamp }\n  event_time: { field: at, format: epoch_millis }\nwindow: { type: tumbling, size: 1s }\nmetrics: { n: max(n), d: sum(d) }\nengines: { flink: { topic: out } }\n`,
    )
    mkdirSync(join(io.cwd, 'tests'))
    const fixture = (n: string, d: string): string =>
      `cases:\n  - { name: x, input: [{ row: { n: 9007199254740993, d: 0.10, at: 5 } }, { row: { n: 1, d: 0.20, at: 6 } }], expect: [{ n: ${n}, d: ${d} }] }\n`
    writeFileSync(join(io.cwd, 'tests/a.yaml'), fixture('9007199254740993', '0.3'))
    expect(await test(options, io)).toBe(0)
    writeFileSync(join(io.cwd, 'tests/a.yaml'), fixture('9007199254740992', '0.3'))
    expect(await test(options, io)).toBe(2)
    writeFileSync(join(io.cwd, 'tests/a.yaml'), fixture('9007199254740993', '"0.30000000000000004"'))
    expect(await test(options, io)).toBe(2)
  })
})
