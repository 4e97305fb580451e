/** The life of a job on a real Flink: made, left alone, resized, mended, replaced, removed, and what becomes of its windows. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { isFailure } from '../../runtime/failure.ts'
import { compiled, endpointsOf, type Job, Lab, type Row } from './flink-lab.ts'

const local = inject('local')
const start = Date.UTC(2024, 1, 28)

function pipeline({ where = "status = 'Paid'", parallelism = 1, extra = '', late = false } = {}): string {
  return `
name: NAME
source:
  topic: NAME_in
  partitions: 2
  fields: { user: string, paid: int, status: string, at: timestamp }
  event_time: { field: at, format: yyyy-MM-dd HH:mm:ss.SSS, watermark_delay: 1s }
where: ${where}
window: { type: tumbling, size: 3s }
metrics: { total: sum(paid), n: count(*)${extra} }
engines: { flink: { topic: NAME_out, parallelism: ${parallelism}${late ? ', late_topic: NAME_late' : ''} } }
`
}

/** Two rows a second in each of two partitions, so that a window of 3 s holds 12. */
function seconds(from: number, to: number): readonly Row[] {
  return Array.from({ length: (to - from) * 2 }, (_, index) => ({
    user: `u${index % 3}`,
    paid: 1,
    status: 'Paid',
    at: new Date(start + from * 1000 + index * 500).toISOString().replace('T', ' ').replace('Z', ''),
  }))
}

/** Second of the window and its count, as they came. */
function told(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => `${(Number(row.window_start) - start) / 1000}: ${row.n}`)
}

function windows(from: number, to: number): readonly string[] {
  return Array.from({ length: (to - from) / 3 }, (_, index) => `${from + index * 3}: 12`)
}

describe.skipIf(local === null)('a Flink job', () => {
  let lab: Lab
  let name: string
  const job = (options: Parameters<typeof pipeline>[0] = {}): Job => compiled(pipeline(options), name)

  beforeAll(() => {
    lab = new Lab(endpointsOf(local!))
    name = lab.name()
  })
  afterAll(() => lab.clear())

  async function feed(from: number, to: number): Promise<void> {
    for (const partition of [0, 1]) await lab.send(`${name}_in`, partition, seconds(from, to))
  }

  // Each step goes on from the one before, as a user's days do.
  test('that is accepted and then fails is told with its reason and line', async () => {
    const failure = await lab.converge(job()).catch((error) => error)
    expect(isFailure(failure)).toBe(true)
    expect(failure.message).toMatch(/pipeline\.yaml:\d+.*UnknownTopicOrPartitionException/)
  })

  test('that has failed is started again', async () => {
    await lab.topics({ [`${name}_in`]: 2, [`${name}_out`]: 1 })
    await lab.cancel(name)
    const change = await lab.converge(job())
    expect(change).toMatchObject({ action: 'update', state: expect.stringContaining('starts anew') })
    expect((await lab.observe(job()))?.status).toBe('running')
  })

  test('that runs as generated is left alone', async () => {
    const before = await lab.running(name)
    expect((await lab.converge(job())).action).toBe('unchanged')
    expect(await lab.running(name)).toEqual(before)
  })

  test('closes a window once the clock of every partition has passed it', async () => {
    await feed(0, 20)
    expect(told(await lab.rowsOnceThereAre(6, `${name}_out`))).toEqual(windows(0, 18))
  })

  test('that is resized goes on from its savepoint', async () => {
    const change = await lab.converge(job({ parallelism: 2 }))
    expect(change).toMatchObject({ action: 'update', state: 'goes on from its savepoint' })
    expect(change.fields).toContainEqual({ field: 'parallelism', from: '1', to: '2' })
    await feed(20, 40)
    expect(told(await lab.rowsOnceThereAre(12, `${name}_out`))).toEqual(windows(0, 36))
  })

  test('that somebody cancelled goes on from its last checkpoint', async () => {
    await sleep(6_000)
    await lab.cancel(name)
    const change = await lab.converge(job({ parallelism: 2 }))
    expect(change).toMatchObject({
      action: 'update',
      state: expect.stringMatching(/^goes on from its checkpoint of 20/),
    })
    await feed(40, 60)
    expect(told(await lab.rowsOnceThereAre(19, `${name}_out`))).toEqual(windows(0, 57))
  })

  test('that runs twice runs once again', async () => {
    await lab.start(job({ parallelism: 2 }))
    expect(await lab.running(name)).toHaveLength(2)
    const change = await lab.converge(job({ parallelism: 2 }))
    expect(change.reason).toContain('1 more job')
    expect(await lab.running(name)).toHaveLength(1)
    expect((await lab.converge(job({ parallelism: 2 }))).action).toBe('unchanged')
  })

  test('with another query starts anew and its old self is ended', async () => {
    const [before] = await lab.running(name)
    const changed = job({ where: "status <> 'x'", extra: ', most: max(paid)' })
    const change = await lab.converge(changed)
    expect(change).toMatchObject({ action: 'replace', state: expect.stringContaining('starts anew') })
    expect(await lab.running(name)).toHaveLength(1)
    expect(await lab.running(name)).not.toContain(before)
    const rows = await lab.rowsOnceThereAre(38, `${name}_out`)
    expect(told(rows.filter((row) => 'most' in row))).toEqual(windows(0, 57))
  })

  test('with a query that Flink refuses is told, and the old one runs on', async () => {
    const before = await lab.running(name)
    const broken = compiled(pipeline(), name, (script) => script.replace('SUM(', 'SUMMED('))
    const failure = await lab.converge(broken).catch((error) => error)
    expect(failure.message).toMatch(/Flink refused pipec\..*SUMMED/)
    expect(failure.detail).toContain('SUMMED(')
    expect(await lab.running(name)).toEqual(before)
  })

  test('that apply did not start is replaced', async () => {
    const other = lab.name()
    await lab.topics({ [`${other}_in`]: 2, [`${other}_out`]: 1 })
    const wanted = compiled(pipeline(), other)
    await lab.start({
      ...wanted,
      resource: { ...wanted.resource, hash: 'sha256:other', stateHash: 'sha256:other' },
    })
    expect((await lab.converge(wanted)).action).toBe('replace')
    expect((await lab.converge(wanted)).action).toBe('unchanged')
    await lab.cancel(other)
  })

  test('with a topic for late rows doubles and loses nothing in either when it is cancelled', async () => {
    const other = lab.name()
    await lab.topics({ [`${other}_in`]: 1, [`${other}_out`]: 1, [`${other}_late`]: 1 })
    const wanted = compiled(
      pipeline({ late: true })
        .replace('partitions: 2', 'partitions: 1')
        .replace('metrics:', 'group_by: [status]\nmetrics:'),
      other,
    )
    const late = (id: string): Row => ({ ...seconds(0, 1)[0]!, user: id })
    await lab.converge(wanted)
    await lab.send(`${other}_in`, 0, [...seconds(0, 20), late('first')])
    await lab.rowsOnceThereAre(1, `${other}_late`)
    await sleep(6_000)
    await lab.cancel(other)
    expect((await lab.converge(wanted)).state).toMatch(/^goes on from its checkpoint/)
    await lab.send(`${other}_in`, 0, [...seconds(20, 40), late('second')])
    expect((await lab.rowsOnceThereAre(2, `${other}_late`)).map((row) => row.user)).toEqual([
      'first',
      'second',
    ])
    expect(await lab.rowsOnceThereAre(12, `${other}_out`)).toHaveLength(12)
    await lab.cancel(other)
  })

  test('that is destroyed is gone, and made anew later it does not go on from its checkpoints', async () => {
    expect((await lab.destroy(job())).action).toBe('delete')
    expect(await lab.running(name)).toEqual([])
    expect(await lab.observe(job())).toBeNull()
    expect((await lab.converge(job())).action).toBe('create')
  })
})
