/** What has to happen to a pipeline's query. ksqlDB can change none in place: it is unchanged, or it is made anew. */
import type { KsqldbQueryResource } from '../../compiler/manifest.ts'
import type { Action, Change, FieldChange } from './engine.ts'
import { type KsqldbActual, type Live, markOfAll } from './ksqldb-observe.ts'

export type KsqldbChange = Change<KsqldbQueryResource, KsqldbActual>

const anew =
  'starts anew: reads the topic from the start and writes every window again, because ksqlDB cannot change a windowed aggregate in place'

type Judgement = Pick<KsqldbChange, 'action' | 'reason' | 'fields' | 'state'>

export function compareQuery(desired: KsqldbQueryResource | null, actual: KsqldbActual | null): KsqldbChange {
  const address = desired?.address ?? actual?.address ?? ''
  return { address, engine: 'ksqldb', ...judge(desired, actual), desired, actual }
}

function judge(desired: KsqldbQueryResource | null, actual: KsqldbActual | null): Judgement {
  if (actual === null) return judgement('create', 'it does not exist yet')
  if (desired === null) {
    const state =
      actual.detail.queries.length === 0 ? null : 'is dropped, and the topics that it made with it'
    return judgement('delete', 'the pipeline no longer wants it', state)
  }
  const interrupted = missing(desired, actual.detail)
  if (interrupted !== null)
    return judgement('replace', interrupted, actual.detail.queries.length === 0 ? null : anew)
  return actual.hash === desired.hash ? judgeSame(actual) : judgeOther(desired, actual)
}

function judgement(
  action: Action,
  reason: string,
  state: string | null = null,
  fields: readonly FieldChange[] = [],
): Judgement {
  return { action, reason, fields, state }
}

/** Something of it is not there: apply was interrupted, or somebody dropped or terminated it. */
function missing(desired: KsqldbQueryResource, live: Live): string | null {
  const there = new Set([...live.streams, ...live.tables].map(({ name }) => name))
  const absent = [...desired.streams, ...desired.tables].filter((name) => !there.has(name))
  if (absent.length > 0) return `${absent.join(' and ')} is missing`
  const sinks = new Set(live.queries.map(({ sink }) => sink))
  const idle = [...desired.streams.slice(1), ...desired.tables].filter((name) => !sinks.has(name))
  return idle.length > 0 ? `no query fills ${idle.join(' and ')}` : null
}

function judgeSame(actual: KsqldbActual): Judgement {
  const { queries } = actual.detail
  const failed = queries.find(({ state }) => state === 'ERROR')
  if (failed !== undefined)
    return judgement('replace', `the query has failed: ${failed.errors.at(-1) ?? failed.id}`, anew)
  if (queries.some(({ state }) => state === 'PAUSED')) {
    return judgement('update', 'the query is paused', 'goes on where it was paused')
  }
  return judgement('unchanged', 'it runs as generated')
}

function judgeOther(desired: KsqldbQueryResource, actual: KsqldbActual): Judgement {
  const fields = changedFields(desired, actual)
  if (actual.hash === null) {
    return judgement('replace', 'what runs under its name was not applied by pipec as it is', anew, fields)
  }
  const mark = markOfAll(actual.detail)
  const what = mark?.stateHash === desired.stateHash ? 'how it runs' : 'what it computes'
  return judgement('replace', `what runs has another hash than generated/: ${what} differs`, anew, fields)
}

function changedFields(desired: KsqldbQueryResource, { hash, detail }: KsqldbActual): readonly FieldChange[] {
  const fields = [{ field: 'hash', from: hash ?? 'none', to: desired.hash }]
  const from = detail.tables[0]?.topic
  const [to] = desired.resultTopics
  if (from === undefined || to === undefined || from === to) return fields
  return [...fields, { field: 'topic', from: `${from} (stays as it is)`, to }]
}
