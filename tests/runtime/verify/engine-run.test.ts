import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Context } from '../../../runtime/engines/engine.ts'
import { Failure } from '../../../runtime/failure.ts'
import { silent } from '../../../runtime/progress.ts'
import { type EngineRun, runEngine, timedOut, untilDone } from '../../../runtime/verify/engine-run.ts'
import { Results } from '../../../runtime/verify/results.ts'
import { pipelineOf } from './pipelines.ts'

test('an engine that is given up has the last word', () => {
  const run = {
    name: 'ksqldb',
    awaited: new Set(['a']),
    results: new Results(pipelineOf(), 1, () => 1),
  } as const
  const summary = 'CTAS_A_1 RUNNING, 7 records behind, last error: Invalid timestamp'
  expect(timedOut(run, 60_000, { position: { behind: 7, closedUpTo: null }, summary })).toMatchObject({
    message: 'ksqldb has written 0 of 1 windows, 7 records behind, and nothing more in 60 s.',
    detail: summary,
  })
})

test('a pause between records is not their end', async () => {
  const sending = { done: false }
  const run = { ownTopic: false, awaited: new Set(), results: new Results(pipelineOf(), 1, () => 1), sending }
  const context = { now: Date.now, signal: new AbortController().signal } as Context
  const step = { update: () => {}, finish: () => {}, fail: () => {} }
  const done = untilDone(run as unknown as EngineRun, context, step, 60_000, {
    failure: null,
  })
  const state = { ended: false }
  void done.then(() => {
    state.ended = true
  })
  await setTimeout(1_600)
  expect(state.ended).toBe(false)
  sending.done = true
  await done
})

/** An engine whose job starts once its hold is over, and then fails, so that there is nothing to read. */
function heldRun(order: string[], makeTopic: () => Promise<void>) {
  const apply = async (_change: unknown, { hold, signal }: Context): Promise<void> => {
    order.push(`held by ${hold?.topic}`)
    while (hold?.over === false) await setTimeout(5, undefined, { signal })
    throw new Failure('started')
  }
  return {
    name: 'spark',
    engine: { compare: () => ({}), apply },
    job: {},
    topic: 'out',
    ownTopic: false,
    makeTopic,
    results: new Results(pipelineOf(), 1, () => 1),
    awaited: new Set(),
    sending: { done: false },
  }
}

const contextOf = (): Context =>
  ({ now: Date.now, signal: new AbortController().signal, endpoints: {} }) as unknown as Context

test('a job that is to find all records is started at once, and its topic made when they are there', async () => {
  const order: string[] = []
  const run = heldRun(order, async () => void order.push('topic made'))
  const running = runEngine(run as unknown as EngineRun, contextOf(), silent, 60_000)
  await expect.poll(() => order).toEqual(['held by out'])
  await setTimeout(120)
  expect(order).toEqual(['held by out'])
  run.sending.done = true
  expect(await running).toMatchObject({ reason: 'started', runningAt: null })
  expect(order).toEqual(['held by out', 'topic made'])
})

test('a job whose topic cannot be made is waited for no longer', async () => {
  const run = heldRun([], () => Promise.reject(new Failure('no room for a topic')))
  run.sending.done = true
  const ended = await runEngine(run as unknown as EngineRun, contextOf(), silent, 60_000)
  expect(ended.reason).toBe('no room for a topic')
})
