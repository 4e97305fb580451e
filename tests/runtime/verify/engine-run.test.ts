import { expect, test } from 'vitest'
import type { Context } from '../../../runtime/engines/engine.ts'
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
  const done = untilDone(run as unknown as EngineRun, context, step, 60_000, { failure: null })
  const state = { ended: false }
  void done.then(() => {
    state.ended = true
  })
  await new Promise((resolve) => setTimeout(resolve, 1_600))
  expect(state.ended).toBe(false)
  sending.done = true
  await done
})

test('an engine that is to find all records in its first batch starts when the last are about to be there', async () => {
  const order: string[] = []
  const engine = { compare: () => ({}), apply: async () => void order.push('started') }
  const sending = { done: false, left: () => (order.includes('nearly sent') ? 1_000 : 60_000) }
  const end = new AbortController()
  const run = {
    name: 'spark',
    engine,
    job: {},
    topic: 'out',
    ownTopic: true,
    findsAll: true,
    awaited: new Set(),
    results: new Results(pipelineOf(), 1, () => 1),
    sending,
  } as unknown as EngineRun
  const context = { now: Date.now, signal: end.signal, endpoints: {} } as Context
  const running = runEngine(run, context, silent, 60_000).catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 200))
  order.push('nearly sent')
  await expect.poll(() => order).toEqual(['nearly sent', 'started'])
  end.abort()
  await running
})
