/** Windows and late rows on a real Flink against the model of the contract: rows out of order, refused, unreadable, without a group. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Window } from '../../compiler/ir.ts'
import { model } from '../model/oracle.ts'
import { compiled, endpointsOf, Lab, type Row } from './flink-lab.ts'

const local = inject('local')
const delay = 2_000
const at = { start: 0, end: 0 }

interface Event {
  readonly id: number
  readonly user: string | null
  readonly paid: number | null
  readonly status: string | null
  /** Null where the record's own is not readable. */
  readonly time: number | null
}

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Up to 12 s out of order; refused rows are sometimes a minute ahead, and must not move the clock. */
function events(count: number, seed: number, start: number): readonly Event[] {
  const next = random(seed)
  let now = start
  return Array.from({ length: count }, (_, id) => {
    now += Math.floor(next() * 700)
    const paid = next() < 0.7
    const behind = next() < 0.3 ? Math.floor(next() * 12_000) : 0
    const ahead = !paid && next() < 0.05 ? 60_000 : 0
    const exact = next() < 0.2 ? Math.floor(now / 500) * 500 : now
    return {
      id,
      user: next() < 0.1 ? null : `u${Math.floor(next() * 3)}`,
      paid: next() < 0.1 ? null : Math.floor(next() * 100),
      status: paid ? 'Paid' : next() < 0.5 ? 'Refused' : null,
      time: next() < 0.03 ? null : exact - behind + ahead,
    }
  })
}

type Written = (time: number) => string | number

interface Format {
  readonly text: string
  readonly write: Written
  readonly unreadable: string | number | null
}

const iso = (time: number): string => new Date(time).toISOString()
const formats = {
  sql: {
    text: 'yyyy-MM-dd HH:mm:ss.SSS',
    write: (time) => iso(time).replace('T', ' ').slice(0, 23),
    unreadable: 'soon',
  },
  iso8601: { text: 'iso8601', write: iso, unreadable: '2024-02-28 23:59:59' },
  epoch_millis: { text: 'epoch_millis', write: (time) => time, unreadable: null },
  other: {
    text: 'dd/MM/yyyy HH:mm:ss.SSS',
    write: (time) => iso(time).replace(/(\d+)-(\d+)-(\d+)T(.*)Z/, '$3/$2/$1 $4'),
    // What Flink itself would take for a time, though the pattern does not.
    unreadable: '2024-02-28 23:59:59',
  },
} as const satisfies Record<string, Format>

interface Case {
  readonly window: Window
  readonly yaml: string
  readonly grouped: boolean
  readonly format: Format
  readonly late: boolean
  /** Where not at the end of February 2024. */
  readonly start?: number
}

const cases: readonly Case[] = [
  {
    window: { kind: 'hopping', size: 4_000, advance: 1_000, offset: 300, at },
    yaml: 'type: hopping, size: 4s, advance: 1s, offset: 300ms',
    grouped: true,
    format: formats.sql,
    late: true,
    start: Date.UTC(1969, 11, 31, 23, 58),
  },
  {
    window: { kind: 'tumbling', size: 60_000, offset: 0, at },
    yaml: 'type: tumbling, size: 1m',
    grouped: true,
    format: formats.epoch_millis,
    late: false,
  },
  {
    window: { kind: 'tumbling', size: 3_000, offset: 0, at },
    yaml: 'type: tumbling, size: 3s',
    grouped: false,
    format: formats.sql,
    late: true,
  },
  {
    window: { kind: 'tumbling', size: 2_500, offset: 700, at },
    yaml: 'type: tumbling, size: 2500ms, offset: 700ms',
    grouped: true,
    format: formats.other,
    late: true,
  },
  {
    window: { kind: 'hopping', size: 6_000, advance: 1_500, offset: 500, at },
    yaml: 'type: hopping, size: 6s, advance: 1500ms, offset: 500ms',
    grouped: true,
    format: formats.iso8601,
    late: true,
  },
  {
    window: { kind: 'session', gap: 1_000, at },
    yaml: 'type: session, gap: 1s',
    grouped: false,
    format: formats.epoch_millis,
    late: false,
  },
  {
    window: { kind: 'session', gap: 3_000, at },
    yaml: 'type: session, gap: 3s',
    grouped: true,
    format: formats.sql,
    late: false,
  },
]

function yamlOf({ yaml, grouped, format, late }: Case): string {
  return `
name: NAME
source:
  topic: NAME_in
  fields: { id: int, user: string, paid: int, status: string, at: timestamp }
  event_time: { field: at, format: "${format.text}", watermark_delay: 2s }
where: status = 'Paid'
window: { ${yaml} }
${grouped ? 'group_by: [user]' : ''}
metrics: { total: sum(paid), n: count(*), mean: avg(paid), ids: count(distinct id), last: max(at) }
engines: { flink: { topic: NAME_out${late ? ', late_topic: NAME_late' : ''} } }
`
}

function record({ time, ...event }: Event, { write, unreadable }: Format): Row {
  return { ...event, at: time === null ? unreadable : write(time) }
}

function expected({ window, grouped }: Case, all: readonly Event[]) {
  const stream = all.filter((event) => event.status === 'Paid' && event.time !== null)
  const groupOf = (event: Event): string => (grouped ? JSON.stringify(event.user) : '')
  const rows = stream.map((event) => ({ time: BigInt(event.time!), group: groupOf(event) }))
  const result = model(rows, window, delay)
  return {
    late: result.late.map((index) => stream[index]!),
    windows: result.windows.map(({ start, end, group, rows: indexes }) => ({
      window_start: Number(start),
      window_end: Number(end),
      ...(grouped ? { user: JSON.parse(group) as string | null } : {}),
      ...metrics(indexes.map((index) => stream[index]!)),
    })),
  }
}

function metrics(held: readonly Event[]) {
  const paid = held.map((event) => event.paid).filter((each) => each !== null)
  const total = paid.length === 0 ? null : paid.reduce((sum, each) => sum + each, 0)
  return {
    total,
    n: held.length,
    mean: total === null ? null : total / paid.length,
    ids: held.length,
    last: Math.max(...held.map((event) => event.time!)),
  }
}

function sorted(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}

describe.skipIf(local === null)('windows', () => {
  let lab: Lab
  beforeAll(() => {
    lab = new Lab(endpointsOf(local!))
  })
  afterAll(() => lab.clear())

  test.each(
    cases.map(
      (each, index) =>
        [
          `${each.yaml}, ${each.format.text}${each.start === undefined ? '' : ', around 1970'}`,
          each,
          index,
        ] as const,
    ),
  )('%s', async (_, each, seed) => {
    const name = lab.name()
    const all = events(500, seed, each.start ?? Date.UTC(2024, 1, 28, 23, 59))
    await lab.topics({ [`${name}_in`]: 1, [`${name}_out`]: 1, [`${name}_late`]: 1 })
    await lab.send(`${name}_in`, 0, ['{"broken', ...all.map((event) => record(event, each.format)), 'null'])
    await lab.runBounded(compiled(yamlOf(each), name))
    const { windows, late } = expected(each, all)
    if (each.window.kind !== 'tumbling' || each.window.size < 60_000) expect(late.length).toBeGreaterThan(5)
    expect(sorted(await lab.rows(`${name}_out`))).toEqual(sorted(windows))
    if (!each.late) return
    // The late rows are the records themselves, word for word.
    const records = late.map((event) => record(event, each.format))
    expect(sorted(await lab.rows(`${name}_late`))).toEqual(sorted(records))
  })

  test('a field that nobody reads may hold what it likes; a record that is cut off in it is none', async () => {
    const name = lab.name()
    const time = Date.UTC(2024, 1, 28)
    const head = `{"paid":1,"at":${time}`
    const note = '"note":{"paid":100,"at":0,"deep":[{"paid":100}]}'
    const read = [
      `${head}}`,
      `${head},"note":"x"}`,
      `${head},"note":7}`,
      `${head},"note":[{"paid":100}]}`,
      `${head},${note}}`,
      `{${note},"paid":1,"at":${time}}`,
    ]
    const cut = [
      head,
      `${head},`,
      `${head},"note"`,
      `${head},"note":"x`,
      `${head},"note":"x"`,
      `${head},"note":{`,
    ]
    const text = `
name: NAME
source:
  topic: NAME_in
  fields: { note: string, paid: int, at: timestamp }
  event_time: { field: at, format: epoch_millis, watermark_delay: 2s }
window: { type: tumbling, size: 3s }
metrics: { total: sum(paid), n: count(*) }
engines: { flink: { topic: NAME_out } }
`
    await lab.topics({ [`${name}_in`]: 1, [`${name}_out`]: 1 })
    await lab.send(`${name}_in`, 0, [...cut, ...read, ...cut])
    await lab.runBounded(compiled(text, name))
    expect(await lab.rows(`${name}_out`)).toEqual([
      { window_start: time, window_end: time + 3_000, total: read.length, n: read.length },
    ])
  })
})
