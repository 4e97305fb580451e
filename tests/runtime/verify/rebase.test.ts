import { expect, test } from 'vitest'
import { emit } from '../../../compiler/compile.ts'
import { isRunName, renamed, runName } from '../../../runtime/verify/names.ts'
import { namedTopics, rebase } from '../../../runtime/verify/rebase.ts'
import { pipelineOf, yamlOf } from './pipelines.ts'

const text = yamlOf()
const original = emit(pipelineOf(), text)
const run = emit(renamed(pipelineOf(), '0a1b2c'), text)
const files = ['flink/job.sql', 'spark/job.py'] as const

test.each(files)('%s as built is the renamed one', (file) => {
  const [from, to] = [original.files.get(file)!, run.files.get(file)!]
  expect(rebase(from, from, to)).toBe(to)
  expect(to).toContain('orders_v0a1b2c')
  expect(namedTopics(to, ['orders', 'orders_flink', 'orders_spark'])).toEqual([])
})

test('an edited line keeps its edit and gets the names of the run', () => {
  const [from, to] = [original.files.get('flink/job.sql')!, run.files.get('flink/job.sql')!]
  const line = from.split('\n').find((each) => each.includes("'topic' = 'orders'"))!
  const edited = from
    .replace(line, `${line} -- mine`)
    .replace('count(*)', 'COUNT(1)')
    .replace("'ok'", "'odd'")
  const rebased = rebase(edited, from, to)
  expect(rebased).toContain("'topic' = 'orders_v0a1b2c', -- mine")
  expect(rebased).toContain("'odd'")
  expect(namedTopics(rebased, ['orders', 'orders_flink'])).toEqual([])
  // Everything else is as it would have been.
  expect(rebased.split('\n').length).toBe(to.split('\n').length)
})

test('lines that were added and removed do not shift the others', () => {
  const [from, to] = [original.files.get('spark/job.py')!, run.files.get('spark/job.py')!]
  const lines = from.split('\n')
  const edited = ['# first', ...lines.slice(0, 10), ...lines.slice(12), '# last'].join('\n')
  const expected = to.split('\n')
  expect(rebase(edited, from, to)).toBe(
    ['# first', ...expected.slice(0, 10), ...expected.slice(12), '# last'].join('\n'),
  )
})

test('a topic that an edit names by hand is seen', () => {
  expect(namedTopics("'topic' = 'orders_flink'", ['orders', 'orders_flink'])).toEqual(['orders_flink'])
})

test('run names are within what a pipeline may be called', () => {
  expect(runName('a'.repeat(63), '0a1b2c')).toHaveLength(63)
  expect(isRunName(runName('a'.repeat(63), '0a1b2c'))).toBe(true)
  expect(isRunName('transactions')).toBe(false)
})
