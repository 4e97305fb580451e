import { expect, test } from 'vitest'
import { timedOut } from '../../../runtime/verify/engine-run.ts'
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
