/** What a ksqlDB server knows, and what its statements do to it, as a real 8.3.1 was recorded to behave. */
import { type KsqlToken, meaning, syntaxErrors, tokens } from '../compiler/targets/ksqldb-grammar.ts'

export interface FakeSource {
  readonly type: 'STREAM' | 'TABLE'
  readonly name: string
  readonly topic: string
  /** As the server writes it. */
  readonly statement: string
  readonly reads: string | null
}

export interface FakeQuery {
  readonly id: string
  readonly sink: string
  readonly source: string
  readonly statement: string
  readonly properties: Readonly<Record<string, string>>
  state: string
  errors: string[]
  paused: boolean
  /** Whether Kafka Streams has given it any task yet. */
  started: boolean
  /** What its consumer group has committed, by topic; one partition each. */
  committed: ReadonlyMap<string, { readonly start: number; readonly end: number; readonly consumer: number }>
}

/** What the server answers instead of doing it. */
export class Refused extends Error {
  readonly status: number
  readonly code: number
  readonly statement: string | null

  constructor(message: string, statement: string | null, status = 400, code = 40001) {
    super(message)
    this.statement = statement
    this.status = status
    this.code = code
  }
}

export interface Parsed {
  readonly text: string
  readonly tokens: readonly KsqlToken[]
}

/** The statements of a request, by ksqlDB's own lexer; refused as a whole when one is no statement. */
export function parse(ksql: string): readonly Parsed[] {
  const [error] = syntaxErrors(ksql)
  if (error !== undefined) throw new Refused(`line ${error.replace(' ', ': Syntax Error\n')}`, ksql)
  const characters = [...ksql]
  const found: Parsed[] = []
  let current: KsqlToken[] = []
  for (const token of tokens(ksql)) {
    current.push(token)
    if (token.text !== ';') continue
    found.push({ text: characters.slice(current[0]!.start, token.end).join(''), tokens: current })
    current = []
  }
  return found
}

export interface Done {
  readonly commandId: string
  readonly message: string
  readonly queryId: string | null
}

interface Topic {
  readonly partitions: number
  readonly retention: string
}

export class Metastore {
  readonly topics: Map<string, Topic>
  readonly sources: Map<string, FakeSource>
  readonly queries: Map<string, FakeQuery>
  sequence: number
  /** How a query that is created now will be. */
  birth: { state: string; errors: string[]; started?: boolean } = { state: 'RUNNING', errors: [] }
  /** Topics that were deleted under a query that still ran: it blocks a real server for more than a minute. */
  busyDeletes = 0

  readonly #real: Metastore | null

  /** A copy for statements to be tried on: all but Kafka, whose topics a real server deletes even then. */
  constructor(from?: Metastore) {
    this.#real = from ?? null
    this.topics = new Map(from?.topics)
    this.sources = new Map(from?.sources)
    this.queries = new Map(from?.queries)
    this.sequence = from?.sequence ?? 1798
    if (from !== undefined) this.birth = from.birth
  }

  /** A statement that changes something. */
  execute(statement: Parsed, properties: Readonly<Record<string, string>>): Done {
    const [first, second] = statement.tokens.map(({ text }) => text.toUpperCase())
    if (first === 'TERMINATE') return this.#terminate(statement)
    if (first === 'RESUME') return this.#resume(statement)
    if (first === 'DROP') return this.#drop(statement, second as 'STREAM' | 'TABLE')
    if (first === 'CREATE') return this.#create(statement, properties, second as 'STREAM' | 'TABLE')
    throw new Error(`the fake knows no ${first}`)
  }

  #terminate({ tokens: words, text }: Parsed): Done {
    const id = words[1]!.text.toUpperCase()
    if (!this.queries.delete(id)) throw new Refused(`Unknown queryId: ${id}`, text)
    return { commandId: `terminate/${id}/execute`, message: 'Query terminated.', queryId: null }
  }

  #resume({ tokens: words, text }: Parsed): Done {
    const id = words[1]!.text
    const query = this.queries.get(id)
    if (query === undefined) throw new Refused(`Unknown queryId: ${id}`, text)
    this.queries.set(id, { ...query, paused: false })
    return { commandId: `resume/${id}/execute`, message: 'Query resumed.', queryId: null }
  }

  #drop({ tokens: words, text }: Parsed, type: 'STREAM' | 'TABLE'): Done {
    const name = nameIn(words)
    const commandId = `${type.toLowerCase()}/${name}/drop`
    const source = this.sources.get(name)
    if (source === undefined || source.type !== type) {
      return { commandId, message: `Source \`${name}\` does not exist.`, queryId: null }
    }
    const readers = [...this.sources.values()].filter(({ reads }) => reads === name)
    if (readers.length > 0) throw new Refused(inUse(name, readers), text)
    const own = [...this.queries.values()].filter(({ sink }) => sink === name)
    if (words.some((each) => each.text.toUpperCase() === 'DELETE')) {
      this.#deleteTopic(source.topic, own.length)
    }
    for (const { id } of own) this.queries.delete(id)
    this.sources.delete(name)
    return { commandId, message: `Source \`${name}\` (topic: ${source.topic}) was dropped.`, queryId: null }
  }

  #deleteTopic(topic: string, busy: number): void {
    this.topics.delete(topic)
    this.busyDeletes += busy
    // Copies know of the real server's queries only what was done on them: those it still runs write to the topic.
    if (this.#real !== null) this.#real.#deleteTopic(topic, this.#real.queriesOf(topic))
  }

  queriesOf(topic: string): number {
    const sinks = [...this.sources.values()].filter((each) => each.topic === topic).map(({ name }) => name)
    return [...this.queries.values()].filter(({ sink }) => sinks.includes(sink)).length
  }

  #create(
    { tokens: words, text }: Parsed,
    properties: Readonly<Record<string, string>>,
    type: 'STREAM' | 'TABLE',
  ): Done {
    const name = nameIn(words)
    const options = optionsIn(words)
    const topic = options.get('KAFKA_TOPIC') ?? name
    const statement = normalised(text)
    const reads = sourceIn(words)
    this.#refuse(name, type, topic, reads, options, statement)
    const commandId = `${type.toLowerCase()}/\`${name}\`/create`
    this.sources.set(name, { type, name, topic, statement, reads })
    if (reads === null) return { commandId, message: 'Stream created', queryId: null }
    this.topics.set(topic, sinkTopic(options))
    const id = `${type === 'TABLE' ? 'CTAS' : 'CSAS'}_${name.toUpperCase()}_${this.sequence + 1}`
    const { state, errors, started = true } = this.birth
    this.queries.set(id, {
      id,
      sink: name,
      source: reads,
      statement,
      properties,
      state,
      errors: [...errors],
      paused: false,
      started,
      committed: new Map(),
    })
    return { commandId, message: `Created query with ID ${id}`, queryId: id }
  }

  #refuse(
    name: string,
    type: string,
    topic: string,
    reads: string | null,
    options: ReadonlyMap<string, string>,
    statement: string,
  ): void {
    const present = this.sources.get(name)
    if (present !== undefined) {
      const kind = present.type.toLowerCase()
      throw new Refused(
        `Cannot add ${type.toLowerCase()} '${name}': A ${kind} with the same name already exists`,
        statement,
      )
    }
    const existing = this.topics.get(topic)
    if (reads === null && existing === undefined) {
      throw new Refused(
        `Topic '${topic}' does not exist. If you want to create a new topic for the stream/table please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS').`,
        null,
        400,
        40000,
      )
    }
    if (reads !== null && !this.sources.has(reads)) throw new Refused(`${reads} does not exist.`, statement)
    if (reads !== null && existing !== undefined && differs(existing, sinkTopic(options))) {
      throw new Refused(
        `A Kafka topic with the name '${topic}' already exists, with different partition/replica/retention configuration than required.`,
        statement,
      )
    }
  }
}

function inUse(name: string, readers: readonly FakeSource[]): string {
  const names = readers.map((each) => each.name).join(', ')
  return `Cannot drop ${name}.\nThe following streams and/or tables read from this source: [${names}].\nYou need to drop them before dropping ${name}.`
}

function sinkTopic(options: ReadonlyMap<string, string>): Topic {
  return {
    partitions: Number(options.get('PARTITIONS') ?? 1),
    retention: options.get('RETENTION_MS') ?? '604800000',
  }
}

function differs(one: Topic, other: Topic): boolean {
  return one.partitions !== other.partitions || one.retention !== other.retention
}

function nameIn(words: readonly KsqlToken[]): string {
  return meaning(words.find(({ kind }) => kind === 'BACKQUOTED_IDENTIFIER')!)
}

/** What stands behind FROM. */
function sourceIn(words: readonly KsqlToken[]): string | null {
  const at = words.findIndex(({ kind }) => kind === 'FROM')
  return at < 0 ? null : meaning(words[at + 1]!)
}

function optionsIn(words: readonly KsqlToken[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>()
  const start = words.findIndex(({ kind }) => kind === 'WITH')
  for (let at = start + 2; start >= 0 && words[at - 1]?.text !== ')'; at += 4) {
    const value = words[at + 2]!
    options.set(words[at]!.text, value.kind === 'STRING' ? meaning(value) : value.text)
  }
  return options
}

/** The server writes VARCHAR as STRING and lays a statement out in its own way. */
export function normalised(text: string): string {
  return text.replaceAll('VARCHAR', 'STRING').replaceAll(/\s+/g, ' ')
}
