/** verify on real engines: equal where the job is as compiled, and each way of breaking it is caught. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { build } from '../../cli/commands/build.ts'
import { type VerifyOptions, verify } from '../../cli/commands/verify.ts'
import { topicOffsets } from '../../runtime/engines/kafka-read.ts'
import type { Progress } from '../../runtime/progress.ts'
import { silent } from '../../runtime/progress.ts'
import { keptIo } from '../fixtures/io.ts'
import { endpointsOf, Lab } from './flink-lab.ts'

const local = inject('local')
let folder = ''

const options: VerifyOptions = {
  file: 'pipeline.yaml',
  environment: 'local',
  engine: 'flink',
  records: 2_000,
  seed: 7,
  input: null,
  keepInput: null,
  plain: false,
  timeout: 120,
  differences: 3,
  json: true,
  html: null,
  remove: null,
}

interface Found {
  readonly outcome: string
  readonly reason: string | null
  readonly windows: number
  readonly equal: number
  readonly different: number
  readonly missing: number
  readonly extra: number
  readonly late: { readonly kept: number; readonly admissible: number }
  readonly differences: readonly { readonly columns: readonly string[]; readonly input: readonly unknown[] }[]
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-verify-'))
  mkdirSync(join(folder, '.pipec'))
  writeFileSync(join(folder, '.pipec/local.json'), JSON.stringify(local))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Compiles, breaks the job's text, verifies; what is said, and the names of runs whose topics were made. */
async function verified(yaml: string, edit: (sql: string) => string, more: Partial<VerifyOptions> = {}) {
  const made: string[] = []
  const progress: Progress = {
    ...silent,
    start(label, total) {
      if (label.startsWith('create kafka.topic.')) made.push(label.replace('create kafka.topic.', ''))
      return silent.start(label, total)
    },
  }
  const io = keptIo({ cwd: folder, progress })
  writeFileSync(join(folder, 'pipeline.yaml'), yaml)
  await build(
    { file: 'pipeline.yaml', output: null, check: false, watch: false, engine: null, json: false },
    keptIo({ cwd: folder }),
  )
  const job = join(folder, 'generated/flink/job.sql')
  const sql = readFileSync(job, 'utf8')
  if (edit !== same) expect(edit(sql)).not.toBe(sql)
  writeFileSync(job, edit(sql))
  const code = await verify({ ...options, ...more }, io)
  const report = JSON.parse(io.said.out) as { readonly engines: readonly Found[] }
  for (const topic of made)
    await expect(topicOffsets(endpointsOf(local!).kafka, topic)).rejects.toThrow('no topic')
  expect(made.length).toBeGreaterThan(1)
  return { code, flink: report.engines[0]! }
}

const same = (sql: string): string => sql
const demo = readFileSync('pipeline.yaml', 'utf8')
const alone = demo.replace('partitions: 3', 'partitions: 1')

test.skipIf(local === null)(
  'the demo is equal, late rows told apart, and leaves nothing behind',
  async () => {
    const { code, flink } = await verified(demo, same)
    expect(flink).toMatchObject({ outcome: 'equal', different: 0, missing: 0, extra: 0 })
    expect(flink.windows).toBeGreaterThan(35)
    expect(flink.equal).toBeGreaterThan(20)
    expect(flink.late.admissible).toBeGreaterThan(0)
    expect(code).toBe(0)
  },
)

test.skipIf(local === null)('with one partition each late row is judged', async () => {
  const { code, flink } = await verified(alone, same)
  expect(flink.equal).toBe(flink.windows)
  expect(flink.late.admissible).toBe(0)
  expect(code).toBe(0)
})

test.skipIf(local?.spark == null)(
  'Spark keeps late rows, and is equal but for those',
  { timeout: 600_000 },
  async () => {
    const { code, flink: spark } = await verified(alone, same, { engine: 'spark', timeout: 300 })
    expect(spark).toMatchObject({ outcome: 'equal', different: 0, missing: 0, extra: 0 })
    expect(spark.late.kept).toBe(spark.late.admissible)
    expect(spark.equal).toBeGreaterThan(20)
    expect(code).toBe(0)
  },
)

const windows = {
  hopping: '  type: hopping\n  advance: 1s\n  size: 3s',
  session: '  type: session\n  gap: 3s',
}

test.skipIf(local === null).each(Object.entries(windows))(
  '%s windows of groups are equal',
  async (_, window) => {
    const grouped = demo
      .replace('  type: tumbling\n  size: 3s', window)
      .replace('\nmetrics:', '\ngroup_by: [user_id]\n\nmetrics:')
      .replace('  pinot: { engines: [flink, ksqldb, spark] }', '  pinot: { engines: [flink] }')
    const { flink } = await verified(grouped, same)
    expect(flink).toMatchObject({ outcome: 'equal' })
    expect(flink.equal).toBeGreaterThan(100)
  },
)

const broken: Readonly<Record<string, (sql: string) => string>> = {
  'a filter that takes everything': (sql) => sql.replaceAll(/`status` = 'Paid'/g, "`status` <> 'x'"),
  'a greatest value for a sum': (sql) => sql.replace('SUM(CAST(`total_paid`', 'MAX(CAST(`total_paid`'),
  'rows on time that count as late': (sql) =>
    sql.replace(/INTERVAL '5(\.001)?' SECOND/, "INTERVAL '0$1' SECOND"),
  'windows of another length': (sql) => sql.replace("INTERVAL '3' SECOND))", "INTERVAL '4' SECOND))"),
}

test.skipIf(local === null).each(Object.entries(broken))(
  '%s is caught, with the rows',
  async (name, edit) => {
    const { code, flink } = await verified(alone, edit)
    expect(code).toBe(2)
    expect(flink.outcome).toBe('different')
    expect(flink.differences.length).toBe(3)
    expect(flink.differences[0]!.input.length).toBeGreaterThan(0)
    if (name.startsWith('a greatest')) expect(flink.differences[0]!.columns).toContain('total_paid')
  },
)

test.skipIf(local === null)('a job that the engine refuses is told, and everything goes', async () => {
  const { code, flink } = await verified(alone, (sql) => sql.replace('INSERT INTO', 'INSERT IN TO'))
  expect(code).toBe(1)
  expect(flink.outcome).toBe('not judged')
  expect(flink.reason).toContain('INSERT')
})

test.skipIf(local === null)('an engine that does not answer is told, and everything else goes', async () => {
  const path = join(folder, '.pipec/local.json')
  const dead = { ...local!, flink: { ...local!.flink!, gateway: 'http://127.0.0.1:9' } }
  writeFileSync(path, JSON.stringify(dead))
  const { code, flink } = await verified(alone, same)
  expect(code).toBe(1)
  expect(flink).toMatchObject({ outcome: 'not judged' })
})

test.skipIf(local === null)('stopped half-way, it removes what it has made', async () => {
  writeFileSync(join(folder, 'pipeline.yaml'), alone)
  await build(
    { file: 'pipeline.yaml', output: null, check: false, watch: false, engine: null, json: false },
    keptIo({ cwd: folder }),
  )
  const stop = new AbortController()
  const made: string[] = []
  const progress: Progress = {
    ...silent,
    start(label, total) {
      if (label.startsWith('create kafka.topic.')) made.push(label.replace('create kafka.topic.', ''))
      if (label === 'flink') setTimeout(() => stop.abort(), 1_500)
      return silent.start(label, total)
    },
  }
  const io = keptIo({ cwd: folder, progress, signal: stop.signal })
  await expect(verify(options, io)).rejects.toThrow()
  expect(made).toHaveLength(2)
  for (const topic of made)
    await expect(topicOffsets(endpointsOf(local!).kafka, topic)).rejects.toThrow('no topic')
  const name = made.find((topic) => !topic.includes('aggregate'))!
  expect(await new Lab(endpointsOf(local!)).running(name)).toEqual([])
})

/** It runs, and never writes a row. */
const silenced = (sql: string): string => sql.replace("WHERE `status` = 'Paid'", "WHERE `status` = 'Nobody'")

test.skipIf(local === null)('an engine that never finishes is told with how far it came', async () => {
  const { code, flink } = await verified(alone, silenced, { timeout: 5 })
  expect(code).toBe(1)
  expect(flink).toMatchObject({
    outcome: 'not judged',
    reason: expect.stringMatching(/^flink has written 0 of \d+ windows/),
  })
})

test.skipIf(local === null)('a job that somebody ends is told with how far it came', async () => {
  const [{ code, flink }] = await Promise.all([verified(alone, silenced), endRun()])
  expect(code).toBe(1)
  expect(flink).toMatchObject({
    outcome: 'not judged',
    reason: expect.stringMatching(/does not run any more; it had written 0 of \d+ windows/),
  })
})

/** Of a run of verify, a moment after its job has been found to run. */
async function endRun(): Promise<void> {
  const { rest } = endpointsOf(local!).flink!
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const { jobs } = (await (await fetch(`${rest}/jobs/overview`)).json()) as {
      jobs: { jid: string; name: string; state: string; tasks: { running: number; total: number } }[]
    }
    const run = jobs.find(({ name, state }) => /_v[0-9a-f]{6}$/.test(name) && state === 'RUNNING')
    if (run !== undefined && run.tasks.running === run.tasks.total) {
      await sleep(1_500)
      await fetch(`${rest}/jobs/${run.jid}?mode=cancel`, { method: 'PATCH' })
      return
    }
  }
}
