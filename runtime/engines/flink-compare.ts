/** What has to happen to the one job, and to what it holds. Pure. */
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import type { Action, Change, FieldChange } from './engine.ts'
import type { ActualFlinkJob } from './flink-observe.ts'

export type FlinkChange = Change<FlinkJobResource, ActualFlinkJob>

interface Verdict {
  readonly action: Action
  readonly reason: string
  readonly fields: readonly FieldChange[]
  readonly state: string | null
}

const anew = 'starts anew: reads the topic from the start and writes every window again'

export function compare(desired: FlinkJobResource | null, actual: ActualFlinkJob | null): FlinkChange {
  const address = desired?.address ?? actual?.address
  if (address === undefined) throw new TypeError('nothing to compare')
  return { address, engine: 'flink', ...verdict(desired, actual), desired, actual }
}

function verdict(desired: FlinkJobResource | null, actual: ActualFlinkJob | null): Verdict {
  if (desired === null)
    return {
      action: 'delete',
      reason: 'pipeline.yaml no longer asks for it.',
      fields: [],
      state: 'its windows are dropped',
    }
  if (actual === null)
    return {
      action: 'create',
      reason: 'It does not run.',
      fields: [],
      state: 'reads the topic from the start',
    }
  const fields = fieldsOf(desired, actual)
  if (actual.detail.stateHash !== desired.stateHash) return { action: 'replace', ...replaced(actual), fields }
  if (actual.status === 'failed' || actual.status === 'stopped') {
    return { action: 'update', reason: ended(actual), fields, state: goesOn(actual) }
  }
  if (actual.hash !== desired.hash) {
    return {
      action: 'update',
      reason: 'Its settings differ; its query is the same.',
      fields,
      state: 'goes on from its savepoint',
    }
  }
  if (actual.detail.duplicates.length > 0)
    return { action: 'update', reason: doubled(actual), fields, state: null }
  return { action: 'unchanged', reason: 'It runs as generated.', fields: [], state: null }
}

function fieldsOf(desired: FlinkJobResource, { hash, detail }: ActualFlinkJob): readonly FieldChange[] {
  const wanted = String(desired.parallelism)
  return [
    ...(detail.parallelism === null || detail.parallelism === wanted
      ? []
      : [{ field: 'parallelism', from: detail.parallelism, to: wanted }]),
    ...(hash === null || hash === desired.hash ? [] : [{ field: 'hash', from: hash, to: desired.hash }]),
  ]
}

function replaced({ hash }: ActualFlinkJob): { readonly reason: string; readonly state: string } {
  const reason =
    hash === null
      ? 'A job of this name runs that apply did not start; it is ended first.'
      : 'Its query has changed: Flink would take up the old state silently and compute wrongly from it, so the old job is ended first.'
  return { reason, state: anew }
}

function ended({ status, summary }: ActualFlinkJob): string {
  return status === 'failed' ? `It has failed: ${summary}` : `It was ended (${summary}).`
}

function goesOn({ detail }: ActualFlinkJob): string {
  return detail.savepoint === null
    ? anew
    : `goes on from its checkpoint of ${new Date(detail.savepoint.at).toISOString()}`
}

function doubled({ detail }: ActualFlinkJob): string {
  const count = detail.duplicates.length
  return `${count} more job${count === 1 ? ' of its name runs and is' : 's of its name run and are'} ended; the eldest stays.`
}
