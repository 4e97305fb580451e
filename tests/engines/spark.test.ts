import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Window } from '../../compiler/ir.ts'
import type { Endpoints } from '../../runtime/endpoints.ts'
import { spark } from '../../runtime/engines/spark.ts'
import { hasLeft } from '../../runtime/engines/spark-checkpoints.ts'
import { digits } from '../../runtime/engines/spark-driver.ts'
import type { Failure } from '../../runtime/failure.ts'
import { silent } from '../../runtime/progress.ts'
import {
  contextOf,
  converge,
  endpoints,
  jobOf,
  pipelineOf,
  produce,
  type Row,
  randomName,
  results,
  withTopics,
} from './spark-lab.ts'
import { type Event, expectedRows } from './spark-oracle.ts'

const found = endpoints()
const here = found as Endpoints
const long = 1_200_000

function pipelineText(window: string, late = 'batch', where = "status = 'Paid'"): string {
  return `
name: NAME
source:
  topic: NAME_in
  fields: { user: string, paid: int, status: string, at: timestamp }
  event_time: { field: at, format: epoch_millis, watermark_delay: 2s }
where: ${where}
window: ${window}
group_by: [user]
metrics: { total: sum(paid), n: count(*), mean: avg(paid), amounts: count(distinct paid), least: min(paid) }
engines: { spark: { topic: NAME_out, late_rows: ${late} } }
`
}

function topicsOf(name: string, partitions = 1) {
  return [
    { topic: `${name}_in`, partitions },
    { topic: `${name}_out`, partitions: 1 },
  ]
}

function record({ time, user, paid }: Event, status = 'Paid'): string {
  return JSON.stringify({ user, paid, status, at: time })
}

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const epoch = 1_700_000_000_000

/** Events up to `disorder` milliseconds behind the greatest before them. */
function eventsOf(count: number, disorder: number, seed: number): readonly Event[] {
  const next = random(seed)
  const users = ['a', 'ü"\\', null]
  return Array.from({ length: count }, (_, index) => ({
    time: epoch + index * 150 - Math.floor(next() * disorder),
    user: users[Math.floor(next() * 3)]!,
    paid: next() < 0.1 ? null : Math.floor(next() * 100),
  }))
}

/** Closes every window of the events before, and is in none that closes. */
function closing(events: readonly Event[]): Event {
  return { time: Math.max(...events.map(({ time }) => time)) + 3_600_000, user: 'end', paid: 0 }
}

function expected(events: readonly Event[], window: Window): readonly Row[] {
  return sorted(expectedRows(events, window, 2_000))
}

function sorted(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (order(a) < order(b) ? -1 : 1))
}

function order({ window_start, user }: Row): string {
  return `${window_start}${user ?? ''}`
}

/** A task reads no more than sixty records, as one of a backlog reads no more than 50,000. */
function inSmallPieces(script: string): string {
  const [before, after] = script.split('"maxRecordsPerPartition", 50000')
  if (before === undefined || after === undefined) throw new Error('the script reads no pieces')
  return `${before}"maxRecordsPerPartition", 60${after}`
}

async function run(
  text: string,
  batches: readonly (readonly string[])[],
  count: number,
  between = async (_: string) => {},
) {
  const name = randomName()
  return withTopics(here, topicsOf(name), async (kafka) => {
    const job = jobOf(pipelineOf(text, name), inSmallPieces)
    try {
      const [first = [], ...rest] = batches
      await produce(kafka, `${name}_in`, first)
      await converge(here, name, job)
      for (const values of rest) {
        await between(name)
        await produce(kafka, `${name}_in`, values)
      }
      return sorted(await results(kafka, `${name}_out`, (rows) => rows.length >= count))
    } finally {
      await converge(here, name, null)
    }
  })
}

const at = { start: 0, end: 0 }

const windows = [
  ['{ type: tumbling, size: 3s }', { kind: 'tumbling', size: 3_000, offset: 0, at }],
  [
    '{ type: hopping, size: 4s, advance: 2s, offset: 500ms }',
    { kind: 'hopping', size: 4_000, advance: 2_000, offset: 500, at },
  ],
  ['{ type: session, gap: 400ms }', { kind: 'session', gap: 400, at }],
] as const satisfies readonly (readonly [string, Window])[]

describe.skipIf(found === null)('windows on a real cluster', () => {
  // The conformance suite has the others; a cluster needs most of a minute for each.
  test.each(windows.slice(-1))(
    'rows within the delay give the same answer: %s',
    { timeout: long },
    async (text, window) => {
      const events = eventsOf(300, 1_900, 7)
      const all = [...events, closing(events)]
      const wanted = expected(all, window)
      const noise = [
        '',
        'null',
        '[]',
        '{"user":',
        record(events[0]!, 'Refused'),
        '{"at":"soon","status":"Paid"}',
        `{"at":${epoch},"status":"Paid","paid":"7"}`,
      ]
      const rows = await run(
        pipelineText(text),
        [[...events.map((event) => record(event)), ...noise], [record(all.at(-1)!)]],
        wanted.length,
      )
      expect(wanted.length).toBeGreaterThan(30)
      expect(rows).toEqual(wanted)
    },
  )

  test.each(windows.slice(1))(
    'late_rows: exact follows the rule to the row, over a restart: %s',
    { timeout: long },
    async (text, window) => {
      const events = eventsOf(300, 9_000, 11)
      const all = [...events, closing(events)]
      const wanted = expected(all, window)
      const values = all.map((event) => record(event))
      const exact = pipelineText(text, 'exact')
      const rows = await run(
        exact,
        [values.slice(0, 150), values.slice(150)],
        wanted.length,
        async (name) => {
          await killDrivers(name)
          const change = await converge(here, name, jobOf(pipelineOf(exact, name)))
          expect(change).toMatchObject({ action: 'update', state: 'goes on from its checkpoint' })
        },
      )
      const inOrder = [...events].sort((a, b) => a.time - b.time)
      expect(wanted).not.toEqual(expected([...inOrder, closing(events)], window))
      expect(rows).toEqual(wanted)
    },
  )
})

test.skipIf(found === null)(
  'what is left of a topic that was made again is nothing to go on from',
  async () => {
    const name = randomName()
    const checkpoints = mkdtempSync(join(tmpdir(), 'pipec-left-'))
    onTestFinished(() => rmSync(checkpoints, { recursive: true }))
    const files = { ...here.spark!.files!, checkpoints }
    const endpoints = { ...here, spark: { ...here.spark!, files, here: true } }
    const job = jobOf(pipelineOf(pipelineText(windows[0][0]), name))
    const state = join(checkpoints, job.resource.name, digits(job.resource.stateHash))
    const observed = async () => (await spark.observe([job.resource], contextOf(endpoints, name, job))).length
    await withTopics(here, topicsOf(name), async (kafka) => {
      await produce(kafka, `${name}_in`, ['{}', '{}', '{}'])
      expect(await observed()).toBe(0)
      mkdirSync(join(state, 'offsets'), { recursive: true })
      for (const [batch, offset] of [
        ['9', 4],
        ['10', 3],
      ] as const)
        writeFileSync(join(state, 'offsets', batch), `v1\n{}\n{"${name}_in":{"0":${offset}}}`)
      expect(await observed()).toBe(1)
      writeFileSync(join(state, 'offsets', '11'), `v1\n{}\n{"${name}_in":{"0":4}}`)
      expect(await observed()).toBe(0)
    })
    writeFileSync(join(state, 'offsets', '11'), `v1\n{}\n{"${name}_in":{"0":0}}`)
    expect(await observed(), 'without a topic').toBe(0)
  },
)

test.skipIf(found === null)(
  'a job that is held starts, and reads nothing before there is its topic',
  { timeout: long },
  async () => {
    const name = randomName()
    const job = jobOf(pipelineOf(pipelineText(windows[0][0]), name))
    const hold = { topic: `${name}_out`, over: false }
    const told: string[] = []
    const step = { ...silent.start('', null), update: (_: number, detail = '') => void told.push(detail) }
    const [source, result] = topicsOf(name, 3)
    await withTopics(here, [source!], async (kafka) => {
      try {
        let running = false
        const applied = spark
          .apply(spark.compare(job.resource, null), { ...contextOf(here, name, job), hold }, step)
          .then(() => {
            running = true
          })
        applied.catch(() => {})
        const waits = expect.poll(() => told.at(-1), { timeout: 240_000 }).toBe(`waits for ${name}_out`)
        await Promise.race([waits, applied])
        const event = { time: epoch, user: 'a', paid: 1 }
        await produce(kafka, `${name}_in`, [record(event), record(closing([event]))])
        await sleep(3_000)
        expect(running).toBe(false)
        expect(told.at(-1)).toBe(`waits for ${name}_out`)
        await withTopics(here, [result!], async () => {
          hold.over = true
          await applied
          const rows = await results(kafka, `${name}_out`, ({ length }) => length > 0)
          expect(rows.map(({ total }) => total)).toEqual([1])
        })
      } finally {
        await converge(here, name, null)
      }
    })
  },
)

async function killDrivers(name: string): Promise<void> {
  const [actual] = await spark.observe([], contextOf(here, name, null))
  for (const { driver } of actual!.detail.running) {
    await fetch(`${here.spark!.url}/v1/submissions/kill/${driver.id}`, { method: 'POST' })
  }
  while ((await spark.observe([], contextOf(here, name, null)))[0]?.status !== 'stopped') await sleep(300)
}

test.skipIf(found === null)(
  'a job fails, is made good, left alone, restarted, replaced and removed',
  {
    timeout: long,
  },
  async () => {
    const name = randomName()
    const paid: Event[] = [
      { time: epoch, user: 'a', paid: 1 },
      { time: epoch + 60_000, user: 'a', paid: 2 },
    ]
    const pipeline = pipelineOf(pipelineText(windows[0][0]), name)
    const job = jobOf(pipeline)
    const status = async () => (await spark.observe([], contextOf(here, name, null)))[0]?.status ?? null
    await withTopics(here, topicsOf(name, 3), async (kafka) => {
      const totals = async (total: number) => {
        const rows = await results(kafka, `${name}_out`, (found) =>
          found.some((each) => each.total === total),
        )
        return rows.map((each) => each.total)
      }
      try {
        await produce(
          kafka,
          `${name}_in`,
          paid.map((event) => record(event)),
        )

        const broken = jobOf(pipeline, (script) => script.replace('sum(`paid`)', 'sum(`nothing`)'))
        const failure = await converge(here, name, broken).then(
          () => null,
          (error: unknown) => error as Failure,
        )
        expect(failure?.detail).toContain('UNRESOLVED_COLUMN')
        expect(failure?.detail).not.toContain('\tat ')
        expect(await status()).toBe('failed')

        // Two at once leave one job.
        const changes = await Promise.all([converge(here, name, job), converge(here, name, job)])
        expect(changes.map((change) => change?.action)).toEqual(['update', 'update'])
        const [actual] = await spark.observe([], contextOf(here, name, null))
        expect(actual?.detail.running).toHaveLength(1)
        expect((await converge(here, name, job))?.action).toBe('unchanged')
        expect(await totals(1)).toEqual([1])

        // A master that had forgotten the job would find what it has left of this topic, and only as long as it is this topic.
        const left = (sourceTopic: string) =>
          hasLeft({ ...job.resource, sourceTopic }, contextOf(here, name, job))
        expect(await left(`${name}_in`)).toBe(here.spark!.here)
        expect(await left(`${name}_out`)).toBe(false)

        const touched = jobOf(pipeline, (script) => `${script}# touched\n`)
        expect(await converge(here, name, touched)).toMatchObject({
          action: 'update',
          fields: [{ field: 'script' }],
        })

        const other = jobOf(pipelineOf(pipelineText(windows[0][0], 'batch', "status <> 'Paid'"), name))
        await produce(
          kafka,
          `${name}_in`,
          paid.map((event) => record({ ...event, paid: 5 }, 'Refused')),
        )
        expect(await converge(here, name, other)).toMatchObject({ action: 'replace' })
        expect(await totals(5)).toEqual([5])

        // The first query again: its old checkpoint is gone, so it reads everything again.
        expect(await converge(here, name, job)).toMatchObject({ action: 'replace' })
        expect(await totals(1)).toEqual([1])
        expect(await status()).toBe('running')
      } finally {
        expect((await converge(here, name, null))?.action).toBe('delete')
      }
      expect(await status()).toBeNull()
    })
  },
)
