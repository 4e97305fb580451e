import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Pipeline } from '../../../compiler/ir.ts'
import type { Context } from '../../../runtime/engines/engine.ts'
import { ksqldbWith } from '../../../runtime/engines/ksqldb.ts'
import type { KsqldbChange } from '../../../runtime/engines/ksqldb-compare.ts'
import { namesOf } from '../../../runtime/engines/ksqldb-identity.ts'
import type { KsqldbActual } from '../../../runtime/engines/ksqldb-observe.ts'
import { splitStatements } from '../../../runtime/engines/ksqldb-text.ts'
import { FakeKsqldb, type Fault } from '../../fakes/ksqldb.ts'
import { demo } from '../../fixtures/demo.ts'
import { type Built, build } from '../../fixtures/ksqldb.ts'

const engine = ksqldbWith({ answer: 400, statement: 400, effect: 300, running: 600, poll: 10, settle: 10 })
const step = { update: () => {}, finish: () => {}, fail: () => {} }

/** The demo with its clock in seconds: two streams, two queries, a topic between them. */
const seconds: Pipeline = {
  ...demo,
  source: { ...demo.source, eventTime: { ...demo.source.eventTime, format: { kind: 'epoch_seconds' } } },
}

const built = build(demo)
const edited = build({
  ...demo,
  window: { kind: 'tumbling', size: 6_000, offset: 0, at: { start: 0, end: 0 } },
})

let server: FakeKsqldb
let abort: AbortController

beforeEach(async () => {
  server = await new FakeKsqldb().start()
  server.store.topics.set('transactions', { partitions: 3, retention: '604800000' })
  abort = new AbortController()
})

afterEach(() => server.stop())

function context({ text }: Built = built): Context {
  const kafka = { bootstrapServers: 'b:9092', engineBootstrapServers: 'b:9092', security: null }
  const endpoint = { url: server.url, auth: null }
  return {
    pipeline: 'transactions',
    endpoints: { environment: 'local', kafka, flink: null, ksqldb: endpoint, spark: null, pinot: null },
    read: () => text,
    signal: abort.signal,
    now: Date.now,
  }
}

async function observed(): Promise<KsqldbActual | null> {
  return (await engine.observe([built.resource], context()))[0] ?? null
}

async function plan(wanted: Built | null = built): Promise<KsqldbChange> {
  return engine.compare(wanted?.resource ?? null, await observed())
}

async function applyPlan(wanted: Built | null = built): Promise<KsqldbChange> {
  const change = await plan(wanted)
  if (change.action !== 'unchanged') await engine.apply(change, context(wanted ?? built), step)
  return change
}

function only<T>(values: Iterable<T>): T {
  const all = [...values]
  expect(all).toHaveLength(1)
  return all[0]!
}

describe('from nothing', () => {
  test('one statement at a time, each after the one before', async () => {
    expect((await applyPlan()).action).toBe('create')
    expect(server.executed).toEqual(splitStatements(built.text))
    const commands = server.received.filter(({ ksql }) => /^CREATE TABLE/.test(ksql))
    expect(commands[0]?.commandSequenceNumber).toBe(1800)
    expect(commands[0]?.streamsProperties).toEqual({
      'auto.offset.reset': 'earliest',
      'processing.guarantee': 'exactly_once_v2',
      'ksql.streams.client.id': `pipec-${built.resource.hash.slice(7)}-${built.resource.stateHash.slice(7)}`,
    })
    expect(commands).toHaveLength(1)
    expect((await observed())?.summary).toBe(
      'CTAS_PIPEC_TRANSACTIONS_AGGREGATE_1801 RUNNING, position not known yet',
    )
  })

  test('settings and comments stay in the file', () => {
    const statements = splitStatements(built.text)
    expect(statements.map((each) => each.slice(0, 14))).toEqual(['CREATE STREAM ', 'CREATE TABLE `'])
    expect(statements.join('')).not.toMatch(/--|SET '/)
  })

  test('a literal that looks like a comment, or ends a statement, is left alone', () => {
    expect(splitStatements("A '--;\n\n' `;`-- x'\n;\n  /* ; */ B;")).toEqual(["A '--;\n\n' `;`\n;", 'B;'])
  })

  test('everything is checked before anything is done', async () => {
    server.store.topics.delete('transactions')
    await expect(applyPlan()).rejects.toMatchObject({
      message: expect.stringContaining("pipeline.yaml line 29: Topic 'transactions' does not exist."),
      next: 'Make the topic "transactions" first, as an apply without --engine does; if it is there, this ksqlDB reads another Kafka. Nothing was changed in ksqlDB.',
    })
    expect(server.executed).toEqual([])
  })

  test('a result topic that somebody made otherwise is named', async () => {
    server.store.topics.set('transactions_aggregate_ksql', { partitions: 3, retention: '604800000' })
    await expect(applyPlan()).rejects.toMatchObject({
      detail: expect.stringContaining('CREATE TABLE `pipec_transactions_aggregate` WITH'),
      next: expect.stringMatching(
        /^ksqlDB makes the topic "transactions_aggregate_ksql" itself and differently: delete it/,
      ),
    })
  })

  test('a missing environment, wrong credentials and a proxy say so', async () => {
    const nowhere = { ...context(), endpoints: { ...context().endpoints, ksqldb: null } }
    await expect(engine.observe([], nowhere)).rejects.toThrow('does not say where ksqlDB is')
    server.misbehave(/LIST/, 'forbidden')
    await expect(plan()).rejects.toThrow('lets nobody in with these credentials (401)')
    server.misbehave(/LIST/, 'html')
    await expect(plan()).rejects.toThrow('answered 200 with something that is not JSON')
  })
})

describe('again', () => {
  test('nothing changes', async () => {
    await applyPlan()
    const before = server.received.length
    expect(await applyPlan()).toMatchObject({ action: 'unchanged', state: null, fields: [] })
    expect(server.received.slice(before).map(({ ksql }) => ksql)).toEqual([
      'LIST STREAMS; LIST TABLES; LIST QUERIES EXTENDED;',
      'DESCRIBE `pipec_transactions_aggregate` EXTENDED;',
    ])
  })

  test('an edit replaces the query and says what that means', async () => {
    await applyPlan()
    const change = await applyPlan(edited)
    expect(change).toMatchObject({
      action: 'replace',
      reason: 'what runs has another hash than generated/: what it computes differs',
      state: expect.stringContaining('starts anew'),
      fields: [{ field: 'hash', from: built.resource.hash, to: edited.resource.hash }],
    })
    expect(server.executed.slice(2).map((each) => each.split(/\s+/).slice(0, 2).join(' '))).toEqual([
      'TERMINATE CTAS_PIPEC_TRANSACTIONS_AGGREGATE_1801;',
      'DROP TABLE',
      'DROP STREAM',
      'CREATE STREAM',
      'CREATE TABLE',
    ])
    expect(server.store.topics.has('transactions_aggregate_ksql')).toBe(true)
    expect((await plan(edited)).action).toBe('unchanged')
  })

  test('what would be refused is known before the old query ends', async () => {
    await applyPlan()
    server.store.sources.set('theirs', {
      type: 'STREAM',
      name: 'theirs',
      topic: 't',
      statement: '',
      reads: 'pipec_transactions',
    })
    await expect(applyPlan(edited)).rejects.toMatchObject({
      next: expect.stringMatching(/^Drop what reads from it first/),
    })
    await expect(applyPlan(null)).rejects.toMatchObject({
      next: expect.stringMatching(/Nothing was changed in ksqlDB\.$/),
    })
    expect(server.store.queries.size).toBe(1)
    expect([...server.store.topics.keys()]).toEqual(['transactions', 'transactions_aggregate_ksql'])
  })

  test('a query of the same name that pipec did not apply is drift', async () => {
    await applyPlan()
    const query = only(server.store.queries.values())
    server.store.queries.set(query.id, { ...query, properties: {} })
    expect(await plan()).toMatchObject({
      action: 'replace',
      reason: expect.stringContaining('not applied by pipec'),
      actual: { hash: null },
    })
    await applyPlan()
    expect((await plan()).action).toBe('unchanged')
  })

  test('a failed query starts anew, a paused one goes on', async () => {
    await applyPlan()
    const query = only(server.store.queries.values())
    server.store.queries.set(query.id, { ...query, paused: true })
    expect(await observed()).toMatchObject({ status: 'stopped', summary: expect.stringContaining('PAUSED') })
    expect(await applyPlan()).toMatchObject({ action: 'update', state: 'goes on where it was paused' })
    expect(server.executed.at(-1)).toBe(`RESUME ${query.id};`)
    server.store.queries.set(query.id, { ...query, state: 'ERROR', errors: ['disk full'] })
    expect(await observed()).toMatchObject({
      status: 'failed',
      summary: expect.stringContaining('last error: disk full'),
    })
    expect(await applyPlan()).toMatchObject({ action: 'replace', reason: 'the query has failed: disk full' })
    expect((await plan()).action).toBe('unchanged')
  })

  test('a paused query that had got over an error goes on, and a new error is told', async () => {
    await applyPlan()
    const query = only(server.store.queries.values())
    server.store.queries.set(query.id, { ...query, paused: true, errors: ['a broker went away'] })
    expect(await applyPlan()).toMatchObject({ action: 'update' })
    expect(await plan()).toMatchObject({ action: 'unchanged' })
    const errors = ['a broker went away', 'the record is too large']
    server.store.queries.set(query.id, { ...query, paused: true, errors: errors.slice(0, 1) })
    server.before = ({ ksql }) => {
      if (ksql.startsWith('RESUME')) server.store.queries.set(query.id, { ...query, paused: true, errors })
    }
    await expect(applyPlan()).rejects.toMatchObject({
      message: expect.stringContaining('does not run'),
      detail: expect.stringContaining('too large'),
    })
  })

  test('another result topic leaves the old one', async () => {
    await applyPlan()
    const moved = build({
      ...demo,
      engines: { ...demo.engines, ksqldb: { ...demo.engines.ksqldb!, topic: 'elsewhere' } },
    })
    expect((await applyPlan(moved)).fields[1]).toEqual({
      field: 'topic',
      from: 'transactions_aggregate_ksql (stays as it is)',
      to: 'elsewhere',
    })
    expect([...server.store.topics.keys()]).toEqual([
      'transactions',
      'transactions_aggregate_ksql',
      'elsewhere',
    ])
  })

  test('how far behind, in all topics that the query reads', async () => {
    await applyPlan()
    const query = only(server.store.queries.values())
    query.committed = new Map([
      ['transactions', { start: 0, end: 2500, consumer: 1000 }],
      ['_confluent-ksql-default_query_x-Aggregate-GroupBy-repartition', { start: 5, end: 12, consumer: 0 }],
    ])
    const live = await observed()
    expect(live?.summary).toMatch(/RUNNING, 1,507 records behind$/)
    expect(live?.position).toEqual({ behind: 1507, closedUpTo: null })
    query.committed = new Map([['transactions', { start: 0, end: 2500, consumer: 2500 }]])
    expect((await observed())?.summary).toMatch(/RUNNING, 0 records behind$/)
  })

  test('two queries, each with its own', async () => {
    const two = build(seconds)
    await applyPlan(two)
    const [timed, table] = [...server.store.queries.values()]
    timed!.committed = new Map([['transactions', { start: 0, end: 10, consumer: 4 }]])
    const early = await observed()
    expect(early?.summary).toMatch(/RUNNING, 6 records behind; .* RUNNING, position not known yet$/)
    expect(early?.position?.behind).toBeNull()
    table!.committed = new Map([['pipec__transactions_timed', { start: 0, end: 4, consumer: 4 }]])
    const later = await observed()
    expect(later?.summary).toMatch(/RUNNING, 6 records behind; .* RUNNING, 0 records behind$/)
    expect(later?.position?.behind).toBe(6)
  })

  test('a query that goes while it is asked has no position', async () => {
    await applyPlan()
    server.before = ({ ksql }) => {
      if (ksql.startsWith('DESCRIBE')) server.store.sources.delete('pipec_transactions_aggregate')
    }
    expect((await observed())?.summary).toMatch(/RUNNING, position not known yet$/)
  })
})

describe('what is not ours', () => {
  test('is neither seen nor touched', async () => {
    server.store.sources.set('pipec_transactions_2', {
      type: 'STREAM',
      name: 'pipec_transactions_2',
      topic: 't',
      statement: '',
      reads: null,
    })
    server.store.sources.set('PIPEC_TRANSACTIONS', {
      type: 'STREAM',
      name: 'PIPEC_TRANSACTIONS',
      topic: 't',
      statement: '',
      reads: null,
    })
    expect(await observed()).toBeNull()
    await applyPlan()
    await applyPlan(null)
    expect([...server.store.sources.keys()]).toEqual(['pipec_transactions_2', 'PIPEC_TRANSACTIONS'])
  })

  test('the names are those that the compiler gives', () => {
    const { streams, tables, address } = build(seconds).resource
    const names = namesOf('transactions')
    expect([streams, tables]).toEqual([[names.source, names.timed], [names.table]])
    expect(address).toBe('ksqldb.query.pipec_transactions')
  })
})

describe('destroy', () => {
  test('removes query, table, streams and the topics that ksqlDB made, never under a busy query', async () => {
    await applyPlan(build(seconds))
    expect([...server.store.topics.keys()]).toEqual([
      'transactions',
      'pipec__transactions_timed',
      'transactions_aggregate_ksql',
    ])
    expect(await applyPlan(null)).toMatchObject({ action: 'delete', desired: null })
    expect([...server.store.topics.keys()]).toEqual(['transactions'])
    expect([server.store.sources.size, server.store.queries.size, server.store.busyDeletes]).toEqual([
      0, 0, 0,
    ])
    expect(await observed()).toBeNull()
  })
})

describe('a stream between topic and table', () => {
  const two = build(seconds)

  test('is replaced with its topic, which would be filled twice', async () => {
    await applyPlan(two)
    expect(server.store.queries.size).toBe(2)
    const table = [...server.store.queries.values()].find(({ sink }) => sink.endsWith('_aggregate'))!
    server.store.queries.set(table.id, { ...table, state: 'ERROR' })
    await applyPlan(two)
    expect(server.executed).toContain('DROP STREAM IF EXISTS `pipec__transactions_timed` DELETE TOPIC;')
    expect((await plan(two)).action).toBe('unchanged')
    expect(server.store.busyDeletes).toBe(0)
  })

  test('goes when the clock needs it no more', async () => {
    await applyPlan(two)
    await applyPlan(built)
    expect([...server.store.sources.keys()]).toEqual(['pipec_transactions', 'pipec_transactions_aggregate'])
    expect([...server.store.topics.keys()]).not.toContain('pipec__transactions_timed')
  })

  test('of another pipeline is not touched, whatever that is called', async () => {
    server.store.topics.set('clicks', { partitions: 1, retention: '604800000' })
    const pipeline = 'transactions_timed'
    const other = build({ ...demo, name: pipeline, source: { ...demo.source, topic: 'clicks' } })
    const its = { ...context(other), pipeline }
    const create = engine.compare(other.resource, null)
    await engine.apply(create, its, step)
    await applyPlan(two)
    await applyPlan(null)
    expect([...server.store.sources.keys()]).toEqual([
      'pipec_transactions_timed',
      'pipec_transactions_timed_aggregate',
    ])
    const [actual = null] = await engine.observe([], its)
    await engine.apply(engine.compare(null, actual), its, step)
    expect(server.store.sources.size).toBe(0)
    expect([...server.store.topics.keys()]).toEqual(['transactions', 'clicks'])
  })

  test('queries with different marks have none', async () => {
    await applyPlan(two)
    const timed = [...server.store.queries.values()].find(({ sink }) => sink.endsWith('_timed'))!
    server.store.queries.set(timed.id, { ...timed, properties: {} })
    expect(await plan(two)).toMatchObject({ action: 'replace', actual: { hash: null } })
  })
})

describe('faults', () => {
  const steps = ['CREATE STREAM', 'CREATE TABLE']
  const faults: Fault[] = ['lose', 'hang', 'drop', 'queue', 'busy']
  const cases = steps.flatMap((statement) => faults.map((fault) => [statement, fault] as const))

  test.each(cases)('%s, %s: carried out once', async (statement, fault) => {
    server.misbehaveAt(statement, fault)
    await applyPlan()
    expect((await plan()).action).toBe('unchanged')
    expect([server.store.sources.size, server.store.queries.size]).toEqual([2, 1])
  })

  test.each(
    ['TERMINATE', 'DROP TABLE', 'DROP STREAM'].flatMap((statement) =>
      faults.map((fault) => [statement, fault] as const),
    ),
  )('replacing, %s, %s: carried out once', async (statement, fault) => {
    await applyPlan()
    server.misbehaveAt(statement, fault)
    await applyPlan(edited)
    expect((await plan(edited)).action).toBe('unchanged')
    expect([server.store.sources.size, server.store.queries.size]).toEqual([2, 1])
  })

  test('a command that takes long is waited for, whatever is asked meanwhile', async () => {
    await applyPlan()
    const change = await plan(edited)
    server.misbehaveAt('TERMINATE', 'queue')
    server.before = ({ ksql }) => {
      // More often than a request is sent again by itself.
      if (/^TERMINATE CTAS/.test(ksql) && !ksql.includes('dry_run')) server.misbehave(/^LIST/, 'busy', 9)
    }
    await engine.apply(change, context(edited), step)
    expect(server.received.filter(({ ksql }) => ksql.startsWith('LIST')).length).toBeGreaterThan(9)
    expect((await plan(edited)).action).toBe('unchanged')
  })

  test('a lost answer is not asked for again', async () => {
    server.misbehaveAt('CREATE TABLE', 'lose')
    await applyPlan()
    expect(server.executed).toEqual(splitStatements(built.text))
  })

  test.each(['lose', 'hang', 'drop', 'busy'] as const)('the check, %s: is asked again', async (fault) => {
    server.misbehave(/pipec_dry_run/, fault)
    await applyPlan()
    expect((await plan()).action).toBe('unchanged')
  })

  test('a server that stays busy is given up in its own words', async () => {
    server.misbehaveAt('CREATE TABLE', 'busy', 1000)
    await expect(applyPlan()).rejects.toThrow('Timed out while waiting for a previous command to execute')
  })

  test.each([1, 2, 3, 4, 5])(
    'the server dies at statement %i, a second apply ends what was begun',
    async (at) => {
      await applyPlan()
      const replacing = server.executed.length
      server.before = () => {
        if (server.executed.length === replacing + at) server.misbehaveAt('(CREATE|DROP|TERMINATE)', 'crash')
      }
      await expect(applyPlan(edited)).rejects.toThrow(/ksqlDB at/)
      const { store } = server
      server = await new FakeKsqldb().start()
      for (const [key, each] of store.topics) server.store.topics.set(key, each)
      for (const [key, each] of store.sources) server.store.sources.set(key, each)
      for (const [key, each] of store.queries) server.store.queries.set(key, each)
      expect(['replace', 'create']).toContain((await plan(edited)).action)
      await applyPlan(edited)
      expect((await plan(edited)).action).toBe('unchanged')
      expect([server.store.sources.size, server.store.queries.size]).toEqual([2, 1])
    },
  )

  test('a list of statements that was only half run is noticed', async () => {
    await applyPlan()
    server.store.queries.clear()
    server.store.sources.delete('pipec_transactions_aggregate')
    expect(await applyPlan()).toMatchObject({
      action: 'replace',
      reason: 'pipec_transactions_aggregate is missing',
      state: null,
    })
    expect((await plan()).action).toBe('unchanged')
  })

  test('a query that somebody terminated is made anew', async () => {
    await applyPlan()
    server.store.queries.clear()
    expect(await applyPlan()).toMatchObject({
      action: 'replace',
      reason: 'no query fills pipec_transactions_aggregate',
    })
    expect((await plan()).action).toBe('unchanged')
  })

  test('accepted, then failed: the error is the query’s own', async () => {
    server.store.birth = { state: 'RUNNING', errors: ['Invalid value abc for configuration emit.interval'] }
    await expect(applyPlan()).rejects.toMatchObject({
      message: expect.stringContaining(
        'pipeline.yaml line 29, but it does not run: CTAS_PIPEC_TRANSACTIONS_AGGREGATE_1801 is RUNNING',
      ),
      detail: 'Invalid value abc for configuration emit.interval',
    })
  })

  test('a query that never starts is waited for, and not for ever', async () => {
    server.store.birth = { state: 'RUNNING', errors: [], started: false }
    await expect(applyPlan()).rejects.toMatchObject({
      message: expect.stringContaining('does not run after 0.6 s'),
      detail: 'CTAS_PIPEC_TRANSACTIONS_AGGREGATE_1801: STARTING',
    })
    expect(await observed()).toMatchObject({ status: 'starting' })
  })

  test('two applies of the same at once', async () => {
    const change = await plan()
    await Promise.all([engine.apply(change, context(), step), engine.apply(change, context(), step)])
    expect((await plan()).action).toBe('unchanged')
    expect([server.store.sources.size, server.store.queries.size]).toEqual([2, 1])
  })

  test('two replacements at once', async () => {
    await applyPlan()
    const change = await plan(edited)
    await Promise.allSettled([
      engine.apply(change, context(edited), step),
      engine.apply(change, context(edited), step),
    ])
    await applyPlan(edited)
    expect((await plan(edited)).action).toBe('unchanged')
    expect([server.store.sources.size, server.store.queries.size]).toEqual([2, 1])
  })

  test('a stream that appears meanwhile, the same or another', async () => {
    const [create = ''] = splitStatements(built.text)
    const appear = (statement: string): void => {
      server.before = ({ ksql }) => {
        if (!ksql.startsWith('CREATE STREAM') || ksql.includes('pipec_dry_run')) return
        server.store.sources.set('pipec_transactions', {
          type: 'STREAM',
          name: 'pipec_transactions',
          topic: 'transactions',
          statement,
          reads: null,
        })
      }
    }
    appear('CREATE STREAM `pipec_transactions` (`other` STRING);')
    await expect(applyPlan()).rejects.toThrow('A stream with the same name already exists')
    server.store.sources.clear()
    appear(create.replaceAll('VARCHAR', 'STRING').replaceAll(/\s+/g, '  '))
    await applyPlan()
    expect((await plan()).action).toBe('unchanged')
  })

  test('drift between plan and apply stops before anything is done', async () => {
    await applyPlan()
    const change = await plan(edited)
    const query = only(server.store.queries.values())
    server.store.queries.set(query.id, {
      ...query,
      properties: { 'ksql.streams.client.id': 'pipec-0123456789abcdef-0123456789abcdef' },
    })
    const executed = server.executed.length
    await expect(engine.apply(change, context(edited), step)).rejects.toThrow(
      'has changed since it was planned',
    )
    expect(server.executed).toHaveLength(executed)
  })

  test('somebody else has already done it', async () => {
    const change = await plan()
    await applyPlan()
    const executed = server.executed.length
    await engine.apply(change, context(), step)
    expect(server.executed).toHaveLength(executed)
  })

  test('Ctrl-C stops between statements', async () => {
    server.before = ({ ksql }) => {
      if (ksql.startsWith('CREATE STREAM') && !ksql.includes('pipec_dry_run'))
        abort.abort(new Error('interrupted'))
    }
    await expect(applyPlan()).rejects.toThrow('interrupted')
    expect(server.executed).toHaveLength(1)
  })
})
