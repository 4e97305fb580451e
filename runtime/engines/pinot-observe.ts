/** What Pinot has under the pipeline's name, and under the names that the pipeline wants. */
import type { PinotTableResource } from '../../compiler/manifest.ts'
import { shortened } from '../text.ts'
import type { Context } from './engine.ts'
import {
  type Consumption,
  consumption,
  isPaused,
  type Pinot,
  pinotOf,
  query,
  realtimeTables,
  schemaOf,
  tableOf,
  versionOf,
} from './pinot-client.ts'
import { type ActualTable, differencesOf, ownerOf, type TableDetail, topicState } from './pinot-compare.ts'
import { inDialect, type Version } from './pinot-dialect.ts'
import { customOf, type Documents, type Fields, marks, streamOf, wantedDocuments } from './pinot-documents.ts'
import { type TopicMarks, topicMarks } from './pinot-topic.ts'
import { identifier } from './pinot-wait.ts'

export async function observeTables(
  desired: readonly PinotTableResource[],
  context: Context,
): Promise<readonly ActualTable[]> {
  if (desired.length === 0 && context.endpoints.pinot === null) return []
  const client = pinotOf(context)
  const [version, names] = await Promise.all([versionOf(client), realtimeTables(client)])
  const found = await inTurns(names, (name) => liveTable(client, name))
  const ours = found.filter((live) => live !== null).filter((live) => concerns(live, desired, context))
  const topics = ours.map(({ realtime }) => topicOf(realtime))
  const now =
    ours.length === 0 ? new Map() : await topicMarks(context.endpoints.kafka, topics, context.signal)
  return Promise.all(ours.map((live) => actual(client, live, version, now, desired, context)))
}

/** A cluster may hold hundreds of tables; asking for all at once would be unkind to its controller. */
const atOnce = 8

async function inTurns<T, R>(items: readonly T[], each: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(each))))
  }
  return results
}

interface LiveTable {
  readonly name: string
  readonly realtime: Fields
}

async function liveTable(client: Pinot, name: string): Promise<LiveTable | null> {
  const realtime = await tableOf(client, name)
  return realtime === null ? null : { name, realtime }
}

function concerns(
  { name, realtime }: LiveTable,
  desired: readonly PinotTableResource[],
  context: Context,
): boolean {
  return ownerOf(customOf(realtime)) === context.pipeline || desired.some(({ table }) => table === name)
}

function topicOf(realtime: Fields): string {
  return String(streamOf(realtime)['stream.kafka.topic.name'] ?? '')
}

async function actual(
  client: Pinot,
  { name, realtime }: LiveTable,
  version: Version,
  now: TopicMarks,
  desired: readonly PinotTableResource[],
  context: Context,
): Promise<ActualTable> {
  const custom = customOf(realtime)
  const wanted = desired.find(({ table }) => table === name)
  const live: Documents = { tableName: name, realtime, schema: (await schemaOf(client, name)) ?? {} }
  const topic = topicState(custom[marks.topic], now.get(topicOf(realtime)))
  const [segments, paused] = await Promise.all([consumption(client, name), isPaused(client, name)])
  const stop = stopOf(segments, paused)
  const detail: TableDetail = {
    table: name,
    version,
    owner: ownerOf(custom),
    pipeline: context.pipeline,
    differences:
      wanted === undefined ? null : differencesOf(inDialect(wantedDocuments(wanted, context), version), live),
    topic,
    stop: stop?.summary ?? null,
  }
  const health = await healthOf(client, detail, stop, segments !== null)
  return {
    address: `pinot.table.${name}`,
    kind: 'pinot-table',
    hash: custom[marks.hash] ?? null,
    ...health,
    position: null,
    detail,
  }
}

type Health = Pick<ActualTable, 'status' | 'summary'>

/**
 * Why its topic is not read any further; null where it is, or nobody can tell. A consumer that has failed is soon no
 * consumer any more; of those of several partitions the others are still there, and that is not seen here.
 */
function stopOf(segments: readonly Consumption[] | null, paused: boolean): Health | null {
  if (paused) return { status: 'failed', summary: 'reading its topic is paused' }
  const stopped = segments?.find(({ consumerState }) => consumerState !== 'CONSUMING')
  if (stopped !== undefined) {
    const summary = `${stopped.serverName} has stopped reading (${stopped.consumerState})`
    return { status: 'failed', summary }
  }
  // As for a moment after it was made, or its servers were started.
  return segments?.length === 0 ? { status: 'starting', summary: 'no server reads its topic' } : null
}

async function healthOf(
  client: Pinot,
  { table, topic }: TableDetail,
  stop: Health | null,
  reading: boolean,
): Promise<Health> {
  if (topic !== 'same') return { status: 'failed', summary: `its topic is ${topic}` }
  if (stop !== null) return stop
  const { rows, problem } = await query(client, `SELECT COUNT(*) FROM ${identifier(table)}`)
  if (problem !== null) return { status: 'failed', summary: shortened(problem.replaceAll(/\s+/g, ' '), 200) }
  const count = Number(rows[0]?.[0] ?? 0).toLocaleString('en')
  return {
    status: reading ? 'running' : 'starting',
    summary: `${count === '1' ? '1 row' : `${count} rows`}, ${reading ? 'reading its topic' : 'not reading yet'}`,
  }
}
