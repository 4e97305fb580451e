/** What has to happen to the job. Pure. */
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { Action, Change } from './engine.ts'
import type { ActualSparkJob } from './spark-observe.ts'

export type SparkChange = Change<SparkJobResource, ActualSparkJob>

const goesOn = 'goes on from its checkpoint'
/** A master forgets its drivers when it ends, the checkpoints of their queries stay, and it may be that only Spark sees these. */
const readsAll = 'reads the topic from the start, or goes on from checkpoints that this query has left'
const startsAnew = 'starts anew: reads the topic from the start and writes every window again'

export function compareJob(desired: SparkJobResource | null, actual: ActualSparkJob | null): SparkChange {
  const common = { address: (desired ?? actual)!.address, engine: 'spark', desired, actual } as const
  const fields = differences(desired, actual)
  return { ...common, fields, ...decision(desired, actual) }
}

type Decision = { readonly action: Action; readonly reason: string; readonly state: string | null }

function decision(desired: SparkJobResource | null, actual: ActualSparkJob | null): Decision {
  if (actual === null) return { action: 'create', reason: 'It is not there.', state: readsAll }
  if (desired === null) {
    return {
      action: 'delete',
      reason: 'The pipeline no longer asks for it.',
      state: 'its checkpoints are removed',
    }
  }
  if (actual.detail.stateHash !== desired.stateHash) {
    const reason =
      'The query changed, and Spark would take up the state of the old one silently and compute wrongly.'
    return { action: 'replace', reason, state: startsAnew }
  }
  return sameState(desired, actual)
}

function sameState(desired: SparkJobResource, actual: ActualSparkJob): Decision {
  const update = (reason: string): Decision => ({ action: 'update', reason, state: goesOn })
  if (actual.status === 'failed') return update(`It failed: ${actual.summary}`)
  if (actual.status === 'stopped') return update(`It was ended (${actual.summary}).`)
  if (actual.detail.running.length > 1) return update('It runs more than once.')
  if (actual.hash !== desired.hash) return update('Its script changed, its state did not.')
  return { action: 'unchanged', reason: 'It runs as described.', state: null }
}

function differences(desired: SparkJobResource | null, actual: ActualSparkJob | null) {
  if (desired === null || actual === null) return []
  return [
    { field: 'script', from: actual.hash ?? desired.hash, to: desired.hash },
    { field: 'state', from: actual.detail.stateHash ?? desired.stateHash, to: desired.stateHash },
  ].filter(({ from, to }) => from !== to)
}
