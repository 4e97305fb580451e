/** The statements that lead from what is there to what is wanted, each with how to see that it has been carried out. */
import type { KsqldbQueryResource } from '../../compiler/manifest.ts'
import type { Properties } from './ksqldb-client.ts'
import { clientId, markProperty, type Names } from './ksqldb-identity.ts'
import type { Live } from './ksqldb-observe.ts'
import { createdName, quoted, splitStatements } from './ksqldb-text.ts'

export interface Step {
  readonly kind: 'terminate' | 'drop' | 'create' | 'resume'
  /** Of the query, stream or table. */
  readonly name: string
  readonly statement: string
  /**
   * What a check sends in its place: never DELETE TOPIC, which deletes the topic while the server still validates
   * (SandboxedKafkaTopicClient.deleteTopics of its source hands on to Kafka).
   */
  readonly rehearsal: string
  readonly properties: Properties
  /** Whether its effect can be seen. */
  done(live: Live): boolean
  /** Whether `done` also tells that it was this very statement: a query bears our mark, a mere stream does not. */
  readonly marked: boolean
  /** A topic that goes with it, for which to wait before a new one of the same name is made. */
  readonly deletedTopic: string | null
}

/**
 * Ends the queries first: deleting the topic of a busy one held up a server for more than a minute. The topic between
 * stream and table always goes, since a new query would fill it a second time; results only where `results` says so.
 */
export function removal(
  live: Live,
  names: Names,
  { results }: { readonly results: 'delete' | 'keep' },
): readonly Step[] {
  const isTimed = (name: string): boolean => name === names.timed
  const [source, timed] = [
    live.streams.filter((each) => !isTimed(each.name)),
    live.streams.filter((each) => isTimed(each.name)),
  ]
  const readersFirst = [...live.queries].sort((a, b) => Number(isTimed(a.sink)) - Number(isTimed(b.sink)))
  return [
    ...readersFirst.map(({ id }) => terminate(id)),
    ...live.tables.map(({ name, topic }) => drop('TABLE', name, results === 'delete' ? topic : null)),
    ...timed.map(({ name, topic }) => drop('STREAM', name, topic)),
    ...source.map(({ name }) => drop('STREAM', name, null)),
  ]
}

function terminate(id: string): Step {
  return {
    kind: 'terminate',
    name: id,
    statement: `TERMINATE ${id};`,
    rehearsal: `TERMINATE ${id};`,
    properties: {},
    done: ({ queries }) => queries.every((each) => each.id !== id),
    marked: true,
    deletedTopic: null,
  }
}

function drop(what: 'STREAM' | 'TABLE', name: string, deletedTopic: string | null): Step {
  const dropped = `DROP ${what} IF EXISTS ${quoted(name)}`
  return {
    kind: 'drop',
    name,
    statement: deletedTopic === null ? `${dropped};` : `${dropped} DELETE TOPIC;`,
    rehearsal: `${dropped};`,
    properties: {},
    done: ({ streams, tables }) => [...streams, ...tables].every((each) => each.name !== name),
    marked: true,
    deletedTopic,
  }
}

/** The statements of the file, in its order. */
export function creation(desired: KsqldbQueryResource, text: string): readonly Step[] {
  const properties = { ...desired.properties, [markProperty]: clientId(desired) }
  return splitStatements(text).map((statement) => create(statement, properties, desired))
}

function create(statement: string, properties: Properties, desired: KsqldbQueryResource): Step {
  const name = createdName(statement)
  const filled = name !== desired.streams[0]
  return {
    kind: 'create',
    name,
    statement,
    rehearsal: statement,
    properties,
    done: ({ streams, tables, queries }) =>
      [...streams, ...tables].some((each) => each.name === name) &&
      (!filled || queries.some(({ sink, mark }) => sink === name && mark?.hash === desired.hash)),
    marked: filled,
    deletedTopic: null,
  }
}

/** Queries that somebody has paused. */
export function resumption({ queries }: Live): readonly Step[] {
  return queries
    .filter(({ state }) => state === 'PAUSED')
    .map(({ id }) => ({
      kind: 'resume',
      name: id,
      statement: `RESUME ${id};`,
      rehearsal: `RESUME ${id};`,
      properties: {},
      done: (live) => live.queries.some((each) => each.id === id && each.state !== 'PAUSED'),
      marked: true,
      deletedTopic: null,
    }))
}
