/** The whole way as a user goes it: records in, the right windows out of each engine and of Pinot; and what may go wrong. */
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { withLock } from '../../runtime/engines/kafka-lock.ts'
import { CommandLab, eventually, finished } from './command-lab.ts'

const ready = inject('local') !== null

let lab: CommandLab

beforeEach(() => {
  lab = new CommandLab()
})

afterEach(async () => {
  await lab.remove()
})

const onlyFlink = (text: string): string =>
  text
    .replace(/ {2}ksqldb:.*\n {2}spark:.*\n/, '')
    .replace('engines: [flink, ksqldb, spark]', 'engines: [flink]')

const start = Date.UTC(2026, 0, 1)

/** Ten seconds of payments, ten a second: user n pays n × 10 (0 pays 100), every third is refused. */
function payments(): string[] {
  return Array.from({ length: 100 }, (_, i) => {
    const user = i % 10
    const time = new Date(start + i * 100).toISOString().replace('T', ' ').replace('Z', '')
    return JSON.stringify({
      transaction_id: `t${i}`,
      user_id: `${user}f`,
      total_paid: user === 0 ? 100 : user * 10,
      status: i % 3 === 2 ? 'Refused' : 'Paid',
      event_timestamp: time,
    })
  })
}

/** Far enough ahead that every window before it is final. */
const closing = JSON.stringify({ total_paid: 1, status: 'Paid', event_timestamp: '2026-01-01 00:01:00.000' })

type Row = { readonly window_start: number }

function sorted(values: readonly string[]): Row[] {
  const rows = new Map(
    values.map((value) => [(JSON.parse(value) as Row).window_start, JSON.parse(value) as Row]),
  )
  return [...rows.values()].sort((a, b) => a.window_start - b.window_start)
}

async function killedWhileSparkStarts(child: ChildProcess): Promise<void> {
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('the driver starts')) child.kill('SIGKILL')
  })
  expect(await finished(child)).toMatchObject({ code: null })
}

/** What the commands of the lab's pipeline wait for. */
function lock() {
  const { name, endpoints } = lab
  const { signal } = new AbortController()
  return {
    endpoint: endpoints.kafka,
    pipeline: name,
    topic: name,
    signal,
    since: Date.now(),
    onWait: () => {},
  }
}

describe.skipIf(!ready)('apply on real engines', () => {
  it('does what the demo promised: the same windows from Flink, Spark, Pinot and the embedded engine', async () => {
    await lab.pipeline()
    await killedWhileSparkStarts(lab.start('apply', '--yes'))
    const applied = await lab.run('apply', '--yes')
    expect(applied.err).toContain('ksqldb is not up here')
    expect(applied.err).toContain(`wait for spark.job.pipec.${lab.name}, done`)
    expect(applied.code, applied.err).toBe(0)

    const records = payments()
    for (const partition of [0, 1, 2]) {
      await lab.send(
        partition,
        records.filter((_, i) => i % 3 === partition),
      )
    }
    for (const partition of [0, 1, 2]) await lab.send(partition, [closing])

    writeFileSync(join(lab.folder, 'events.ndjson'), `${[...records, closing].join('\n')}\n`)
    const here = await lab.run('run', '--input', 'events.ndjson', '--no-flush', '--format', 'json')
    const expected = sorted(here.out.trim().split('\n'))
    // By hand: in the first three seconds 30 payments, of which those with i % 3 = 2 are refused: 20 are left.
    expect(expected[0]).toEqual({
      window_start: start,
      window_end: start + 3000,
      total_paid: 1100,
      total_transactions: 20,
      average_paid: 55,
    })
    expect(expected).toHaveLength(4)

    for (const engine of ['flink', 'spark']) {
      await eventually(120, async () => {
        expect(sorted(await lab.values(`${lab.name}_aggregate_${engine}`)), engine).toEqual(expected)
      })
      await eventually(60, async () => {
        const rows = await lab.query(
          `SELECT window_start, total_paid, total_transactions, average_paid FROM ${lab.name}_aggregate_${engine} ORDER BY window_start LIMIT 100`,
        )
        expect(rows, `${engine} in Pinot`).toEqual(
          expected.map((row) => {
            const { window_start, total_paid, total_transactions, average_paid } = row as Row &
              Record<string, number>
            return [window_start, total_paid, total_transactions, average_paid]
          }),
        )
      })
    }

    const again = await lab.run('apply', '--yes')
    expect(again.code).toBe(0)
    expect(again.out).toContain('Nothing to change')
    expect((await lab.run('plan', '--exit-code')).code).toBe(0)

    // Read since anybody asked Flink for numbers.
    await lab.send(0, [closing])
    await sleep(4000)
    // ksqlDB is not up here, and apply has left it out.
    const shown = await lab.run('status', '--json')
    expect(shown.code, shown.out).toBe(0)
    const status = JSON.parse(shown.out)
    expect(status.resources.filter((each: { status: string }) => each.status === 'running')).toHaveLength(7)
    const flink = status.resources.find(({ engine }: { engine: string }) => engine === 'flink')
    expect(flink.summary).toContain(` ${records.length + 4} records read, 0 behind`)

    // As if another apply were at work: destroy waits for its end.
    const { destroyed } = await withLock(lock(), async () => {
      const child = lab.start('destroy', '--yes')
      const outcome = finished(child)
      const waits = new Promise<void>((done) => {
        child.stderr?.on('data', (text) => String(text).includes('is at work; waiting') && done())
      })
      await Promise.race([waits, outcome])
      expect(await lab.flinkJobs()).toHaveLength(1)
      return { destroyed: outcome }
    })
    expect((await destroyed).code, (await destroyed).err).toBe(0)
    expect(await lab.topics()).toEqual([])
    expect(await lab.flinkJobs()).toEqual([])
  }, 600_000)

  it('refuses to plan from stale files, then shows an edit as exactly what happens to each engine', async () => {
    await lab.pipeline(onlyFlink)
    expect((await lab.run('apply', '--yes')).code).toBe(0)
    const [first] = await lab.flinkJobs()

    writeFileSync(join(lab.folder, 'generated/flink/config.yaml'), '# Flink’s own, changed by a person\n')
    expect(await lab.run('plan', '--exit-code')).toMatchObject({ code: 0 })
    writeFileSync(join(lab.folder, 'generated/flink/job.sql'), '-- edited\n')
    const stale = await lab.run('plan')
    expect(stale).toMatchObject({ code: 1 })
    expect(stale.err).toContain('generated/flink/job.sql')
    expect(stale.err).toContain('pipec build')

    await lab.pipeline((text) => onlyFlink(text).replace('size: 3s', 'size: 6s'))
    const plan = await lab.run('plan', '--exit-code', '--json')
    expect(plan.code).toBe(2)
    const { changes } = JSON.parse(plan.out)
    const job = changes.find((each: { engine: string }) => each.engine === 'flink')
    expect(job).toMatchObject({ action: 'replace', state: expect.stringContaining('starts anew') })
    expect(changes.filter((each: { action: string }) => each.action === 'unchanged')).toHaveLength(
      changes.length - 1,
    )

    expect((await lab.run('apply', '--yes')).code).toBe(0)
    const jobs = await lab.flinkJobs()
    expect(jobs).toHaveLength(1)
    expect(jobs[0]?.jid).not.toBe(first?.jid)
  })

  it('sees a job that was cancelled behind its back, and brings it back once', async () => {
    await lab.pipeline(onlyFlink)
    expect((await lab.run('apply', '--yes')).code).toBe(0)
    const [job] = await lab.flinkJobs()
    await lab.cancel(job!.jid)
    await eventually(30, async () => expect(await lab.flinkJobs()).toEqual([]))
    expect((await lab.run('plan', '--exit-code')).code).toBe(2)
    expect((await lab.run('apply', '--yes')).code).toBe(0)
    expect(await lab.flinkJobs()).toHaveLength(1)
  })

  it.each([1, 2, 3, 4])('killed after step %i, a second apply goes on and doubles nothing', async (steps) => {
    await lab.pipeline(onlyFlink)
    const child = lab.start('apply', '--yes')
    let seen = 0
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      seen += text.split(', done').length - 1
      if (seen >= steps) child.kill('SIGKILL')
    })
    await finished(child)
    const second = await lab.run('apply', '--yes')
    expect(second.code, second.err).toBe(0)
    expect(await lab.flinkJobs()).toHaveLength(1)
    expect((await lab.run('plan', '--exit-code')).out).toContain('Nothing to change')
  })

  it('two applies at once make one of each thing, Pinot’s table too, and both say that it is done', async () => {
    await lab.pipeline(onlyFlink)
    const both = await Promise.all([lab.run('apply', '--yes'), lab.run('apply', '--yes')])
    for (const each of both) expect(each.code, each.err).toBe(0)
    const made = both.map(({ out }) => (out.includes('create    pinot.table.') ? 1 : 0))
    expect(made.reduce<number>((sum, each) => sum + each, 0)).toBe(1)
    expect(await lab.flinkJobs()).toHaveLength(1)
    expect((await lab.run('plan', '--exit-code')).code).toBe(0)

    // The second finds nothing any more, not even the topic over which it waits.
    const gone = await Promise.all([lab.run('destroy', '--yes'), lab.run('destroy', '--yes')])
    for (const each of gone) expect(each.code, each.err).toBe(0)
    expect(await lab.topics()).toEqual([])
    expect(await lab.flinkJobs()).toEqual([])
  })

  it('interrupted in the middle it stops with 130, and a second apply goes on', async () => {
    await lab.pipeline(onlyFlink)
    const child = lab.start('apply', '--yes')
    child.stderr?.once('data', () => void sleep(1500).then(() => child.kill('SIGINT')))
    const first = await finished(child)
    expect([0, 130]).toContain(first.code)
    expect(first.err).not.toContain('    at ')
    expect((await lab.run('apply', '--yes')).code).toBe(0)
    expect(await lab.flinkJobs()).toHaveLength(1)
  })

  it('says what an environment lacks, and prints no secret of it', async () => {
    const secret = 'hunter2-and-more'
    await lab.pipeline(
      (text) =>
        `${onlyFlink(text)}\nenvironments:\n  production:\n    kafka:\n      bootstrap_servers: 127.0.0.1:1\n      security: { protocol: SASL_PLAINTEXT, mechanism: PLAIN, username: me, password: "\${LAB_PASSWORD}" }\n    flink: { gateway: "http://127.0.0.1:1" }\n    pinot: { controller: "http://127.0.0.1:1" }\n`,
    )
    const unset = await lab.run('plan', '-e', 'production')
    expect(unset).toMatchObject({ code: 1 })
    expect(unset.err).toContain('LAB_PASSWORD')
    process.env.LAB_PASSWORD = secret
    try {
      const refused = await lab.run('apply', '-e', 'production', '--yes')
      expect(refused.code).toBe(1)
      expect(refused.out + refused.err).not.toContain(secret)
      expect(refused.err).toContain('127.0.0.1:1')
    } finally {
      delete process.env.LAB_PASSWORD
    }
  })
})
