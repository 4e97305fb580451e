/** What runs in ksqlDB under a pipeline's name. */
import type { Actual, Context } from './engine.ts'
import { ask, entitiesOf, entityOf, type Session } from './ksqldb-client.ts'
import { addressOf, type Mark, markOf, markProperty, type Names, namesOf } from './ksqldb-identity.ts'
import { lags } from './ksqldb-lag.ts'

export interface LiveSource {
  readonly name: string
  readonly topic: string
}

export interface LiveQuery {
  readonly id: string
  /** What it writes: one of our names. */
  readonly sink: string
  /** RUNNING, ERROR, PAUSED, or STARTING as long as it has no tasks. */
  readonly state: string
  readonly errors: readonly string[]
  /**
   * By the server's clock, milliseconds since 1970, -Infinity without errors: ksqlDB lists them also once a query has got
   * over them.
   */
  readonly lastErrorAt: number
  readonly mark: Mark | null
}

/** Only what is ours by name. */
export interface Live {
  readonly streams: readonly LiveSource[]
  readonly tables: readonly LiveSource[]
  readonly queries: readonly LiveQuery[]
}

/** Records not read yet, by what a query fills. */
type Lags = ReadonlyMap<string, number>

export type KsqldbActual = Actual<Live>

interface QueryDescription {
  readonly id: string
  readonly sinks: readonly string[]
  readonly state: string
  readonly queryErrors: readonly { readonly errorMessage: string; readonly timestamp: number }[]
  readonly overriddenProperties: Readonly<Record<string, unknown>>
  readonly ksqlHostQueryStatus: Readonly<Record<string, string>>
  readonly tasksMetadata: readonly unknown[]
}

/** One request: three lists of the same moment. */
export async function look(session: Session, names: Names): Promise<Live> {
  const answer = await ask(session, 'LIST STREAMS; LIST TABLES; LIST QUERIES EXTENDED;')
  const entities = entitiesOf(session, answer)
  const { streams } = entityOf<{ streams: readonly LiveSource[] }>(session, entities, 'streams')
  const { tables } = entityOf<{ tables: readonly LiveSource[] }>(session, entities, 'tables')
  const { queryDescriptions } = entityOf<{ queryDescriptions: readonly QueryDescription[] }>(
    session,
    entities,
    'query_descriptions',
  )
  return {
    streams: streams.filter(({ name }) => name === names.source || name === names.timed).map(asSource),
    tables: tables.filter(({ name }) => name === names.table).map(asSource),
    queries: queryDescriptions.flatMap((each) => asQuery(each, [names.timed, names.table])),
  }
}

function asSource({ name, topic }: LiveSource): LiveSource {
  return { name, topic }
}

function asQuery(query: QueryDescription, ours: readonly string[]): readonly LiveQuery[] {
  const sink = query.sinks.find((each) => ours.includes(each))
  if (sink === undefined) return []
  const id = query.overriddenProperties[markProperty]
  return [
    {
      id: query.id,
      sink,
      state: stateOf(query),
      errors: query.queryErrors.map((each) => each.errorMessage),
      lastErrorAt: Math.max(-Infinity, ...query.queryErrors.map(({ timestamp }) => timestamp)),
      mark: markOf(typeof id === 'string' ? id : null),
    },
  ]
}

/** ksqlDB's own word is RUNNING for all but ERROR (`QueryDescription.getState`), from the moment of creation. */
function stateOf({ state, ksqlHostQueryStatus, tasksMetadata }: QueryDescription): string {
  if (Object.values(ksqlHostQueryStatus).includes('PAUSED')) return 'PAUSED'
  return state === 'RUNNING' && tasksMetadata.length === 0 ? 'STARTING' : state
}

export function isEmpty({ streams, tables, queries }: Live): boolean {
  return streams.length + tables.length + queries.length === 0
}

/** What was applied: the mark that all queries bear, null where they differ or one bears none. */
export function markOfAll({ queries }: Live): Mark | null {
  const [first, ...rest] = queries.map(({ mark }) => mark)
  return first != null && rest.every((each) => each?.hash === first.hash) ? first : null
}

export async function observe(session: Session, { pipeline }: Context): Promise<readonly KsqldbActual[]> {
  const live = await look(session, namesOf(pipeline))
  if (isEmpty(live)) return []
  const filled = live.queries.map(({ sink }) => sink)
  return [asActual(live, pipeline, await lags(session, filled))]
}

export function asActual(live: Live, pipeline: string, lags: Lags = new Map()): KsqldbActual {
  return {
    address: addressOf(pipeline),
    kind: 'ksqldb-query',
    hash: markOfAll(live)?.hash ?? null,
    status: statusOf(live),
    summary: summary(live, lags),
    position: { behind: behindOf(live, lags), closedUpTo: null },
    detail: live,
  }
}

/** Of all queries together: one that waits for another's records has not read everything. */
function behindOf({ queries }: Live, lags: Lags): number | null {
  const known = queries.map(({ sink }) => lags.get(sink))
  if (known.length === 0 || known.includes(undefined)) return null
  return known.reduce<number>((sum, records) => sum + records!, 0)
}

function statusOf({ tables, queries }: Live): KsqldbActual['status'] {
  const states = queries.map(({ state }) => state)
  if (states.includes('ERROR')) return 'failed'
  if (tables.length === 0 || states.length === 0 || states.includes('PAUSED')) return 'stopped'
  return states.every((state) => state === 'RUNNING') ? 'running' : 'starting'
}

function summary({ streams, tables, queries }: Live, lags: Lags): string {
  if (queries.length === 0)
    return `${[...streams, ...tables].map(({ name }) => name).join(', ')} without a query`
  return queries.map((each) => querySummary(each, lags.get(each.sink))).join('; ')
}

function querySummary({ id, state, errors }: LiveQuery, behind: number | undefined): string {
  const position =
    behind === undefined ? 'position not known yet' : `${behind.toLocaleString('en')} records behind`
  const last = errors.at(-1)
  return `${id} ${state}, ${position}${last === undefined ? '' : `, last error: ${last.split('\n')[0]}`}`
}
