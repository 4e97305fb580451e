/** A counterexample of the conformance suite, made small by a judge that stands in for an engine. */
import { expect, test } from 'vitest'
import { type Case, compiledOrThrow, pipelineText } from '../conformance/case.ts'
import type { Prepared } from '../conformance/prepare.ts'
import { shrink } from '../conformance/shrink.ts'
import type { Suite, Verdict } from '../conformance/suite.ts'

const guilty = '{"id":7,"at":7000,"a":7}'

const whole: Case = {
  title: 'seed 1, number 2',
  parts: {
    fields: { id: 'int', at: 'timestamp', a: 'int', b: 'int' },
    partitions: 1,
    format: 'epoch_millis',
    zone: 'UTC',
    delay: '1s',
    where: 'b is null',
    window: { type: 'tumbling', size: '1s' },
    groupBy: ['b'],
    metrics: { wrong: 'sum(a)', right: 'count(*)' },
    parallelism: 1,
    late: false,
  },
  records: Array.from({ length: 40 }, (_, id) => ({
    value: { id: `${id}`, at: `${id * 1000}`, a: `${id}`, b: 'null' },
    partition: 0,
  })),
  loose: new Set(),
}

function prepared(of: Case): Prepared {
  const output = compiledOrThrow(pipelineText(of.parts, 'small', ['flink']))
  return { of, name: 'small', output, records: of.records, columns: [], flushed: [], closed: [], late: [] }
}

/** An engine that is wrong about one record, and only in one metric. */
function verdictOf(each: Prepared): Verdict {
  const wrong =
    'wrong' in each.of.parts.metrics &&
    each.of.records.some(({ value }) => typeof value !== 'string' && value.id === '7')
  const difference = { expected: '7', actual: '8', columns: ['wrong'] }
  return { case: each, engine: 'flink', error: null, differences: wrong ? [difference] : [], late: [] }
}

test('what is left is the one record and the one metric, as a pipeline.yaml and lines', async () => {
  const suite = {
    prepare: async (of: Case) => prepared(of),
    judge: async (cases: readonly Prepared[]) => cases.map(verdictOf),
  } as unknown as Suite
  const told = await shrink(suite, verdictOf(prepared(whole)), 10_000)
  expect(told).toContain('seed 1, number 2: flink differs from the embedded engine in 1 rows')
  expect(told).toContain('expected 7\n    flink    8')
  const [, yaml = '', lines = ''] = told.split(/--- .*\n/)
  expect(compiledOrThrow(yaml).pipeline.metrics.map(({ name }) => name)).toEqual(['wrong'])
  expect(yaml).not.toContain('where')
  expect(yaml).not.toContain('group_by')
  expect(lines).toBe(guilty)
})
