/** What has to happen to one table, from what is wanted and what Pinot has. Pure. */
import type { PinotTableResource } from '../../compiler/manifest.ts'
import type { Action, Actual, Change, FieldChange } from './engine.ts'
import type { Version } from './pinot-dialect.ts'
import { type Documents, type Fields, isSecret, marks, streamOf } from './pinot-documents.ts'

export interface TableDetail {
  readonly table: string
  readonly version: Version
  /** The pipeline that made it, null when it was not pipec. */
  readonly owner: string | null
  readonly pipeline: string
  /** Null for a table that nobody wants any more. */
  readonly differences: Differences | null
  readonly topic: 'same' | 'missing' | 'recreated'
  /** Why Pinot does not read its topic any further; null where it does. */
  readonly stop: string | null
}

export type ActualTable = Actual<TableDetail>
export type TableChange = Change<PinotTableResource, ActualTable>

/** `impossible` says what Pinot would refuse, or accept and never get right. */
export interface Differences {
  readonly fields: readonly FieldChange[]
  readonly impossible: string | null
}

export function compareTable(desired: PinotTableResource | null, actual: ActualTable | null): TableChange {
  const verdict = verdictOn(desired, actual)
  return {
    address: (desired ?? actual)?.address ?? '',
    engine: 'pinot',
    fields: actual?.detail.differences?.fields ?? [],
    state: stateOf(verdict.action, actual),
    desired,
    actual,
    ...verdict,
  }
}

const reread = 'starts anew: reads its topic from the start, and serves only what it has read by then'

const readOn = 'goes on from the offsets that it had reached'

function stateOf(action: Action, actual: ActualTable | null): string | null {
  if (action === 'replace') return reread
  const stops = actual !== null && (actual.detail.stop !== null || readsOtherwise({ actual }))
  return action === 'update' && stops ? readOn : null
}

/** Whether a table that is changed in place has to be read from elsewhere, or with another login. */
export function readsOtherwise({ actual }: Pick<TableChange, 'actual'>): boolean {
  const fields = actual?.detail.differences?.fields ?? []
  return fields.some(({ field }) => field.startsWith('stream.') || isSecret(field))
}

interface Verdict {
  readonly action: Action
  readonly reason: string
}

function verdictOn(desired: PinotTableResource | null, actual: ActualTable | null): Verdict {
  if (actual === null) return { action: 'create', reason: 'Pinot has no such table.' }
  const { owner, pipeline, table } = actual.detail
  if (owner !== pipeline) return { action: 'refuse', reason: foreign(table, owner) }
  if (desired === null) return { action: 'delete', reason: 'It is no longer in the pipeline.' }
  return changed(desired, actual)
}

function foreign(table: string, owner: string | null): string {
  const whose = owner === null ? 'pipec did not make it' : `it belongs to the pipeline "${owner}"`
  return `Pinot has a table "${table}" already, and ${whose}; give the engine another topic, or delete the table in Pinot.`
}

function changed(desired: PinotTableResource, { hash, detail }: ActualTable): Verdict {
  const { differences, topic, stop } = detail
  const because = differences?.impossible ?? topicReason(topic)
  if (because !== null) return { action: 'replace', reason: because }
  const differs = (differences?.fields ?? []).length > 0
  if (hash !== desired.hash) return { action: 'update', reason: 'It was made from another generated/.' }
  if (differs) return { action: 'update', reason: 'It was changed outside pipec, or the environment was.' }
  if (stop !== null) return { action: 'update', reason: `It does not go on: ${stop}.` }
  return { action: 'unchanged', reason: 'It is as generated/ says.' }
}

function topicReason(topic: TableDetail['topic']): string | null {
  switch (topic) {
    case 'same':
      return null
    case 'missing':
      return 'Its topic is gone: Pinot would keep the old rows and skip as many new ones.'
    case 'recreated':
      return 'Its topic was made again: Pinot would keep the old rows and skip as many new ones.'
  }
}

const absent = 'absent'

/** What of `wanted` is not so in `live`; Pinot's own defaults, which it adds to what it was given, do not count. */
export function differencesOf(wanted: Documents, live: Documents): Differences {
  const columns = columnChanges(wanted.schema, live.schema)
  const settings = settingChanges(withoutColumns(wanted), withoutColumns(live))
  const impossible = columnProblem(columns) ?? settingProblem(settings)
  return { fields: [...columns, ...settings], impossible }
}

/**
 * A new column could be added in place, but the jobs that write it have started anew by then: what Pinot had read before
 * it knew the column would lack it for good. 0.11.0 even goes on filling the open segment without it.
 */
function columnProblem(changes: readonly FieldChange[]): string | null {
  const [change] = changes
  if (change === undefined) return null
  const { field, from, to } = change
  if (from === absent)
    return `Rows that Pinot reads before it knows the column "${field}" would lack it for good.`
  if (to === absent) return `Pinot cannot drop the column "${field}" in place.`
  return `Pinot cannot change the column "${field}" from ${from} to ${to} in place.`
}

/** Pinot refuses another key; the others it accepts, and the rows it has already read stay as they are. */
const fixed = new Map([
  ['primaryKeyColumns', 'Pinot cannot change the key of a table.'],
  ['segmentsConfig.timeColumnName', 'Pinot accepts another time column, and mixes the two.'],
  ['upsertConfig.mode', 'Pinot accepts another upsert mode, and does not apply it to the rows it has.'],
  ['stream.kafka.topic.name', 'Pinot would go on in another topic at the offset of the old one.'],
])

function settingProblem(changes: readonly FieldChange[]): string | null {
  const change = changes.find(({ field }) => fixed.has(field))
  return change === undefined ? null : (fixed.get(change.field) ?? null)
}

const columnLists = ['dimensionFieldSpecs', 'metricFieldSpecs', 'dateTimeFieldSpecs'] as const

function columnChanges(wanted: Fields, live: Fields): readonly FieldChange[] {
  const [to, from] = [columnsOf(wanted), columnsOf(live)]
  return [...new Set([...from.keys(), ...to.keys()])].flatMap((field) => {
    const change = { field, from: from.get(field) ?? absent, to: to.get(field) ?? absent }
    return change.from === change.to ? [] : [change]
  })
}

/** `LONG metric`: which list a column stands in decides how Pinot aggregates and stores it. */
function columnsOf(schema: Fields): ReadonlyMap<string, string> {
  const all = columnLists.flatMap((list) =>
    ((schema[list] ?? []) as Fields[]).map((column) => {
      const kind = list.replace('FieldSpecs', '')
      return [String(column.name), [column.dataType, kind, ...nullOf(column)].join(' ')] as const
    }),
  )
  return new Map(all)
}

/** Written one way and read back another: "-1E+38" comes back as the number -1e38. */
function nullOf({ defaultNullValue: value }: Fields): readonly string[] {
  if (value === undefined || value === null) return []
  const number = Number(value)
  return [`null as ${Number.isNaN(number) ? value : number}`]
}

function withoutColumns({ schema, realtime }: Documents): ReadonlyMap<string, string> {
  const { ingestionConfig, metadata: _, ...settings } = realtime
  const { streamIngestionConfig: __, ...ingestion } = (ingestionConfig ?? {}) as Fields
  return new Map([
    ['primaryKeyColumns', JSON.stringify(schema.primaryKeyColumns ?? [])],
    ...leaves('', { ...settings, ingestionConfig: ingestion }),
    ...leaves('', streamOf(realtime)),
  ])
}

function leaves(path: string, value: unknown): [string, string][] {
  if (value === null || typeof value !== 'object') return [[path, String(value)]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(path === '' ? key : `${path}.${key}`, inner))
}

/** Names that Pinot gives back with its type at the end. */
const unsettled = new Set(['tableName', 'tableType'])

function settingChanges(
  wanted: ReadonlyMap<string, string>,
  live: ReadonlyMap<string, string>,
): readonly FieldChange[] {
  const missing = [...live.keys()].filter((field) => isRemovable(field) && !wanted.has(field))
  return [...wanted.keys(), ...missing].flatMap((field) => {
    const [from, to] = [live.get(field) ?? absentSetting, wanted.get(field) ?? absentSetting]
    if (from === to || unsettled.has(field)) return []
    return isSecret(field) ? [hidden(field, to)] : [{ field, from, to }]
  })
}

const absentSetting = 'not set'

function hidden(field: string, to: string): FieldChange {
  return { field, from: 'another value', to: to === absentSetting ? to : 'the environment’s' }
}

/** What a pipeline may stop asking for; whatever else Pinot has beyond the wanted is its own default. */
function isRemovable(field: string): boolean {
  return isSecret(field) || field.startsWith('segmentsConfig.retentionTime')
}

/** `topic` is what the topic's mark was when the table was made, and is now (undefined: there is no topic). */
export function topicState(then: string | undefined, now: string | null | undefined): TableDetail['topic'] {
  if (now === undefined) return 'missing'
  return then === undefined || then === now ? 'same' : 'recreated'
}

export function ownerOf(custom: Readonly<Record<string, string>>): string | null {
  return custom[marks.pipeline] ?? null
}
