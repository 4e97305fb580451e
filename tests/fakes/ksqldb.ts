/** A ksqlDB server over HTTP, with the answers of a recorded one, that can be told to misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import recordings from '../fixtures/ksqldb-rest.json' with { type: 'json' }
import {
  type FakeQuery,
  type FakeSource,
  Metastore,
  normalised,
  type Parsed,
  parse,
  Refused,
} from './ksqldb-metastore.ts'

export interface Received {
  readonly ksql: string
  readonly streamsProperties: Readonly<Record<string, string>>
  readonly commandSequenceNumber?: number
}

/**
 * `lose` does it and breaks off the answer, `drop` breaks off without doing it, `hang` does it and never answers, `drip`
 * not to the end, `late` answers as a proxy that has waited long enough (504),
 * `busy` says that an earlier command still runs, `queue` says that it is queued and does it a little later.
 */
export type Fault =
  | 'lose'
  | 'drop'
  | 'hang'
  | 'drip'
  | 'late'
  | 'html'
  | 'forbidden'
  | 'busy'
  | 'queue'
  | 'crash'

interface Trap {
  readonly matches: RegExp
  readonly fault: Fault
  left: number
}

export class FakeKsqldb {
  readonly store = new Metastore()
  readonly received: Received[] = []
  /** Called before each request is looked at. */
  before: (request: Received) => void = () => {}
  /** What meets the nth request, counted from 1, unless it is one of those at which to misbehave. */
  fault: (nth: number) => Fault | null = () => null
  /** Of its Kafka; null says nothing of it. */
  clusterId: string | null = null
  readonly #server: Server
  readonly #traps: Trap[] = []

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Misbehaves at the next requests whose text matches. */
  misbehave(matches: RegExp, fault: Fault, times = 1): void {
    this.#traps.push({ matches, fault, left: times })
  }

  /** Misbehaves at the next statements that begin so, checks of several statements left aside. */
  misbehaveAt(beginning: string, fault: Fault, times = 1): void {
    this.misbehave(new RegExp(`^${beginning}(?!.*pipec_dry_run)`, 's'), fault, times)
  }

  /** Statements that changed something, in order. */
  get executed(): readonly string[] {
    return this.received.filter(isSingleCommand).map(({ ksql }) => ksql)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.url === '/info' && this.clusterId !== null) {
      const info = { version: '8.3.1', kafkaClusterId: this.clusterId, ksqlServiceId: 'default_' }
      return reply(response, 200, { KsqlServerInfo: { ...info, serverStatus: 'RUNNING' } })
    }
    if (request.url !== '/ksql')
      return reply(response, 404, {
        '@type': 'generic_error',
        error_code: 40400,
        message: 'HTTP 404 Not Found',
      })
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Received
    this.received.push(body)
    this.before(body)
    const trap = this.#traps.find((each) => each.left > 0 && each.matches.test(body.ksql))
    if (trap !== undefined) trap.left--
    this.#answer(body, response, trap?.fault ?? this.fault(this.received.length))
  }

  #answer(body: Received, response: ServerResponse, fault: Fault | null): void {
    switch (fault) {
      case 'drop':
        response.destroy()
        return
      case 'crash':
        response.destroy()
        void this.stop()
        return
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end('<html><body>Please log in</body></html>')
        return
      case 'forbidden':
        response.writeHead(401)
        response.end()
        return
      case 'busy':
        busy(response, 1802)
        return
      case 'queue':
        setTimeout(() => this.#outcome(body), 60)
        reply(response, 200, [queued(body, this.store.sequence)])
        return
      default:
        this.#finish(this.#outcome(body), response, fault)
    }
  }

  #finish([status, answer]: [number, unknown], response: ServerResponse, fault: Fault | null): void {
    if (fault === 'lose') response.destroy()
    else if (fault === 'late') response.writeHead(504).end('<html>Gateway Time-out</html>')
    else if (fault === 'drip') drip(response)
    else if (fault !== 'hang') reply(response, status, answer)
  }

  /** Everything is checked on a copy first; only then does anything happen. */
  #outcome({ ksql, streamsProperties, commandSequenceNumber }: Received): [number, unknown] {
    if (commandSequenceNumber !== undefined && commandSequenceNumber > this.store.sequence) {
      return [503, { ...(recorded('future command sequence number') as object) }]
    }
    try {
      refuseUnknown(streamsProperties, ksql)
      const statements = parseWithResume(ksql)
      const copy = new Metastore(this.store)
      for (const each of statements) this.#perform(each, streamsProperties, copy)
      return [200, statements.map((each) => this.#perform(each, streamsProperties, this.store))]
    } catch (error) {
      if (error instanceof Refused) return [error.status, refusal(error)]
      throw error
    }
  }

  #perform(statement: Parsed, properties: Received['streamsProperties'], store: Metastore): unknown {
    const list = listings.find(([pattern]) => pattern.test(statement.text))
    if (list !== undefined) return { ...list[1](store, statement), statementText: statement.text }
    const { commandId, message, queryId } = store.execute(statement, properties)
    store.sequence += 2
    return {
      ...(recorded('create stream') as object[])[0],
      statementText: normalised(statement.text),
      commandId,
      commandStatus: { status: 'SUCCESS', message, queryId },
      commandSequenceNumber: store.sequence,
    }
  }
}

/** The grammar of the lexer's package is older than RESUME, which looks like TERMINATE. */
function parseWithResume(ksql: string): readonly Parsed[] {
  return parse(ksql.replaceAll('RESUME ', 'TERMINATE RESUME__')).map((each) => {
    const [first, second, ...rest] = each.tokens
    if (!second?.text.startsWith('RESUME__')) return each
    return {
      text: each.text,
      tokens: [{ ...first!, text: 'RESUME' }, { ...second, text: second.text.slice(8) }, ...rest],
    }
  })
}

function recorded(name: string): unknown {
  return structuredClone(recordings.find((each) => each.name === name)?.response.body)
}

function isSingleCommand({ ksql }: Received): boolean {
  return /^(CREATE|DROP|TERMINATE|RESUME)\b/.test(ksql) && !ksql.includes('pipec_dry_run')
}

const known = /^(auto\.offset\.reset|processing\.guarantee|ksql\.streams\..+)$/

function refuseUnknown(properties: Received['streamsProperties'], ksql: string): void {
  const unknown = Object.keys(properties).find((each) => !known.test(each))
  if (unknown === undefined) return
  throw new Refused(
    `Not recognizable as ksql, streams, consumer, or producer property: '${unknown}'`,
    ksql,
    500,
    50000,
  )
}

function refusal({ message, statement, code }: Refused): unknown {
  if (statement === null) return { '@type': 'generic_error', error_code: code, message }
  return { '@type': 'statement_error', error_code: code, message, statementText: statement, entities: [] }
}

/** A byte now and then, and never the last one. */
function drip(response: ServerResponse): void {
  response.write('[')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

function busy(response: ServerResponse, sequence: number): void {
  response.setHeader('retry-after', '0')
  reply(response, 503, {
    '@type': 'generic_error',
    error_code: 50301,
    message: `Timed out while waiting for a previous command to execute. command sequence number: ${sequence}`,
  })
}

function queued({ ksql }: Received, sequence: number): unknown {
  return {
    '@type': 'currentStatus',
    statementText: ksql,
    commandId: 'table/`x`/create',
    commandStatus: { status: 'QUEUED', message: 'Statement written to command topic', queryId: null },
    commandSequenceNumber: sequence,
    warnings: [],
  }
}

type Listing = (store: Metastore, statement: Parsed) => object

const listings: readonly (readonly [RegExp, Listing])[] = [
  [/^LIST STREAMS;/, (store) => ({ '@type': 'streams', streams: of(store, 'STREAM'), warnings: [] })],
  [/^LIST TABLES;/, (store) => ({ '@type': 'tables', tables: of(store, 'TABLE'), warnings: [] })],
  [
    /^LIST TOPICS;/,
    (store) => ({
      '@type': 'kafka_topics',
      topics: [...store.topics.keys()].map((name) => ({ name, replicaInfo: [1] })),
      warnings: [],
    }),
  ],
  [
    /^LIST QUERIES EXTENDED;/,
    (store) => ({
      '@type': 'query_descriptions',
      queryDescriptions: [...store.queries.values()].map(description),
      warnings: [],
    }),
  ],
  [/^DESCRIBE /, describe],
]

function of({ sources }: Metastore, type: FakeSource['type']): readonly unknown[] {
  return [...sources.values()]
    .filter((each) => each.type === type)
    .map(({ name, topic }) => ({
      type,
      name,
      topic,
      keyFormat: 'KAFKA',
      valueFormat: 'JSON',
      isWindowed: type === 'TABLE',
    }))
}

/** `state` is RUNNING for all but ERROR, from the first moment on; only the hosts' say that a query is paused. */
function description(query: FakeQuery): unknown {
  const [{ queryDescriptions }] = recorded('list queries extended') as [{ queryDescriptions: [object] }]
  const [example] = queryDescriptions as [{ tasksMetadata: readonly object[] }]
  return {
    ...example,
    id: query.id,
    statementText: query.statement,
    sources: [query.source],
    sinks: [query.sink],
    overriddenProperties: query.properties,
    ksqlHostQueryStatus: { '127.0.0.1:8088': query.paused ? 'PAUSED' : query.state },
    queryErrors: query.errors.map((errorMessage, timestamp) => ({
      timestamp,
      errorMessage,
      type: 'UNKNOWN',
    })),
    tasksMetadata: query.started ? example.tasksMetadata.map((each) => ({ ...each, ...fetched })) : [],
    consumerGroupId: groupOf(query),
    state: query.state,
  }
}

/** The last record fetched and the offset committed behind it: they say nothing about what is left in the topic. */
const fetched = {
  topicOffsets: [
    {
      topicPartitionEntity: { topic: 'transactions', partition: 0 },
      endOffset: 41,
      committedOffset: 42,
    },
  ],
}

function groupOf({ id }: FakeQuery): string {
  return `_confluent-ksql-default_query_${id}`
}

/** As ListSourceExecutor of its source makes them; the recorded one had committed nothing yet. */
function offsetsOf(query: FakeQuery): unknown {
  const topicSummaries = [...query.committed].map(([kafkaTopic, { start, end, consumer }]) => ({
    kafkaTopic,
    offsets: [{ partition: 0, logStartOffset: start, logEndOffset: end, consumerOffset: consumer }],
  }))
  return { groupId: groupOf(query), topicSummaries }
}

function describe({ sources, queries }: Metastore, { tokens }: Parsed): object {
  const name = tokens[1]!.text.slice(1, -1)
  const found = sources.get(name)
  if (found === undefined)
    throw new Refused(`Could not find STREAM/TABLE '${name}' in the Metastore`, `DESCRIBE ${name};`)
  const [body] = recorded('describe') as [{ sourceDescription: object }]
  const queryOffsetSummaries = [...queries.values()].filter(({ sink }) => sink === name).map(offsetsOf)
  return {
    ...body,
    sourceDescription: {
      ...body.sourceDescription,
      name,
      statement: found.statement,
      topic: found.topic,
      queryOffsetSummaries,
    },
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
