import { expect, test } from 'vitest'
import { verifyJson, verifyText } from '../../cli/views/verify.ts'
import { verifyHtml } from '../../cli/views/verify-html.ts'
import { clustersOf } from '../../runtime/verify/clusters.ts'
import { judge } from '../../runtime/verify/judge.ts'
import { Results } from '../../runtime/verify/results.ts'
import type { Report } from '../../runtime/verify/verify.ts'
import { pipelineOf, rowsAt } from '../runtime/verify/pipelines.ts'

const hostile = '</pre><script>alert("1")</script>\u001b[31m'
const pipeline = pipelineOf({ metrics: `{ "total<b>": sum(amount) }` })

function shownOf(total: string, differences = 5) {
  const rows = rowsAt([
    [0, 1],
    [0, 2],
  ]).map((row) => ({ ...row, values: [1n] }))
  const results = new Results(pipeline, 100_000, () => 1)
  results.take({
    rawKey: null,
    value: `{"window_start":0,"window_end":10000,"user":"ada","total<b>":${total}}`,
  })
  results.take({ rawKey: null, value: hostile })
  const rule = { must: 'own', lateMayBeIn: false, slack: 2_000 } as const
  const verdict = judge(clustersOf(rows, pipeline, rule, null), [...results.rows.values()], pipeline)
  const sent = rows.map(({ partition }) => ({ partition, key: null, value: `{"user":"${hostile}"}` }))
  const { repeats, updates, malformed } = results
  const engine = {
    engine: 'flink',
    topic: 'out',
    verdict,
    reason: null,
    repeats,
    updates,
    malformed,
  } as const
  const report: Report = {
    records: 2,
    stream: 2,
    filteredOut: 0,
    malformedRecords: 0,
    sent,
    engines: [{ ...engine, latencyMillis: 1_234, engineMillis: 5_678 }],
    notes: [],
  }
  return { pipeline, report, differences }
}

test('the HTML report has no text of the data as markup, and loads nothing', () => {
  const html = verifyHtml(shownOf('3'))
  expect(html).not.toContain('<script')
  expect(html).not.toContain('<b>')
  expect(html).not.toContain('\u001b')
  expect(html).toContain('total&lt;b&gt;')
  expect(html).not.toMatch(/(src|href)=/)
  expect(html).toContain("default-src 'none'")
})

test('a terminal is not steered either', () => {
  const text = verifyText(shownOf('3'))
  expect(text).not.toContain('\u001b')
  expect(text).toContain('expected {"window_start":0,"window_end":10000,"user":"ada","total<b>":2}')
  expect(text).toContain('0:1 {"user":')
  expect(text).toContain('malformed row: it is no JSON object')
})

test('JSON keeps counts of all and texts of the first differences', () => {
  const { engines } = verifyJson(shownOf('3', 0)) as { engines: Record<string, unknown>[] }
  expect(engines[0]).toMatchObject({
    outcome: 'different',
    different: 1,
    malformed: 1,
    differences: [],
    latencyMillis: 1_234,
    engineMillis: 5_678,
  })
})
