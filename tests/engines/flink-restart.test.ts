/** What becomes of a job when its JobManager, which forgets all jobs, is restarted: engines of the test's own, up and down. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flink } from '../../runtime/engines/flink.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { downNative } from '../../runtime/native/down.ts'
import { portsAt } from '../../runtime/native/ports.ts'
import { isAlive } from '../../runtime/native/processes.ts'
import { readRecord } from '../../runtime/native/record.ts'
import { upNative } from '../../runtime/native/up.ts'
import { silent } from '../../runtime/progress.ts'
import { compiled, endpointsOf, type Job, Lab, type Row } from './flink-lab.ts'
import { needs, titled } from './needs.ts'

const start = Date.UTC(2024, 1, 28)
const portOffset = portsAt(14_200).kafka - 9092

function yaml(metrics: string): string {
  return `
name: NAME
source:
  topic: NAME_in
  fields: { paid: int, at: timestamp }
  event_time: { field: at, format: epoch_millis }
window: { type: tumbling, size: 2s }
metrics: { ${metrics} }
engines: { flink: { topic: NAME_out } }
`
}

/** One row a second. */
function seconds(from: number, to: number): readonly Row[] {
  return Array.from({ length: to - from }, (_, index) => ({ paid: 1, at: start + (from + index) * 1000 }))
}

const title = titled('a Flink job whose JobManager was restarted', needs.native)

describe.skipIf(needs.native !== null)(title, () => {
  const cwd = mkdtempSync(join(tmpdir(), 'pipec-restart-'))
  let lab: Lab
  let job: Job

  async function up(): Promise<void> {
    const signal = new AbortController().signal
    const engines = ['kafka', 'flink'] as const
    const { local } = await upNative({ cwd, env: process.env, engines, portOffset, progress: silent, signal })
    lab ??= new Lab(endpointsOf(local))
  }

  async function down(): Promise<void> {
    const signal = new AbortController().signal
    await downNative({ cwd, env: process.env, volumes: false, progress: silent, signal })
  }

  /** As a crash would, and `up` mends it. */
  async function restartJobManager(): Promise<void> {
    const record = await readRecord(join(cwd, '.pipec'))
    const killed = record!.services.find(({ name }) => name === 'flink-jobmanager')!
    process.kill(killed.pid, 'SIGKILL')
    while (await isAlive(killed)) await sleep(20)
    await up()
  }

  const folder = () => join(cwd, '.pipec', 'data', 'flink', 'checkpoints', `pipec.${job.name}`)
  const queries = () => (existsSync(folder()) ? readdirSync(folder()) : [])
  const rows = async (count: number) => {
    const found = await lab.rowsOnceThereAre(count, `${job.name}_out`)
    return found.map((row) => `${(Number(row.window_start) - start) / 1000}: ${row.n}`)
  }

  /** The group's places come with a checkpoint, but on a new broker not always with the first. */
  async function committed(): Promise<void> {
    const { group: groupId } = job.resource
    const places = () => withAdmin(lab.endpoints.kafka, (admin) => admin.fetchOffsets({ groupId }))
    const deadline = Date.now() + 60_000
    while ((await places()).length === 0 && Date.now() < deadline) await sleep(500)
  }

  async function topics(): Promise<void> {
    await lab.topics({ [`${job.name}_in`]: 1, [`${job.name}_out`]: 1 })
  }

  beforeAll(async () => {
    await up()
    job = compiled(yaml('n: count(*)'), lab.name())
    await topics()
  })
  afterAll(async () => {
    await down()
    rmSync(cwd, { recursive: true, force: true })
  })

  // Each step goes on from the one before.
  test('with everything else goes on from its last checkpoint', async () => {
    expect((await lab.converge(job)).action).toBe('create')
    await lab.send(`${job.name}_in`, 0, seconds(0, 7))
    expect(await rows(3)).toEqual(['0: 2', '2: 2', '4: 2'])
    await sleep(6_000)
    await committed()
    await down()
    await up()
    const change = await lab.converge(job)
    expect(change).toMatchObject({
      action: 'update',
      reason: 'It was ended (its JobManager has forgotten it).',
      fields: [],
      state: expect.stringMatching(/^goes on from its checkpoint of 20/),
    })
    expect((await lab.converge(job)).action).toBe('unchanged')
    await lab.send(`${job.name}_in`, 0, seconds(7, 11))
    expect(await rows(5)).toEqual(['0: 2', '2: 2', '4: 2', '6: 2', '8: 2'])
  })

  test('right after its settings were changed goes on from the savepoint of that', async () => {
    const resource = { ...job.resource, hash: 'sha256:0123456789abcdef' }
    const changed = { ...job, resource }
    expect(await lab.converge(changed)).toMatchObject({
      action: 'update',
      state: 'goes on from its savepoint',
    })
    // Before its first checkpoint, which comes after five seconds.
    await restartJobManager()
    expect((await lab.converge(changed)).state).toMatch(/^goes on from its checkpoint of 20/)
    await lab.send(`${job.name}_in`, 0, seconds(11, 15))
    expect(await rows(7)).toEqual(['0: 2', '2: 2', '4: 2', '6: 2', '8: 2', '10: 2', '12: 2'])
  })

  test('with another query meanwhile starts anew, and leaves nothing of the old one to go back to', async () => {
    const [before] = queries()
    const other = compiled(yaml('n: count(*), most: max(paid)'), job.name)
    await restartJobManager()
    expect(await lab.converge(other)).toMatchObject({
      action: 'create',
      state: 'reads the topic from the start',
    })
    expect(await rows(14)).toHaveLength(14)
    expect(queries()).not.toContain(before)
    expect(queries()).toHaveLength(1)
    expect((await lab.converge(job)).action).toBe('replace')
    expect(await rows(21)).toHaveLength(21)
  })

  test('with a source topic that was made again meanwhile starts anew', async () => {
    await sleep(6_000)
    expect(queries()).toHaveLength(1)
    await lab.cancel(job.name)
    await withAdmin(lab.endpoints.kafka, (admin) =>
      admin.deleteTopics({ topics: [`${job.name}_in`, `${job.name}_out`] }),
    )
    await sleep(1_000)
    await topics()
    await lab.send(`${job.name}_in`, 0, seconds(0, 20))
    await restartJobManager()
    expect((await lab.converge(job)).action).toBe('create')
    expect(await rows(9)).toEqual(Array.from({ length: 9 }, (_, index) => `${index * 2}: 2`))
  })

  test('is destroyed with all that it has left', async () => {
    await sleep(6_000)
    await restartJobManager()
    expect((await lab.destroy(job)).action).toBe('delete')
    expect(existsSync(folder())).toBe(false)
    expect(await flink.observe([], lab.context(job.name))).toEqual([])
    expect(await lab.observe(job)).toBeNull()
  })
})
