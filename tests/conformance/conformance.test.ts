/**
 * Generated pipelines on every engine, and what the capability table promises. PIPEC_CONFORMANCE says how many,
 * PIPEC_CONFORMANCE_SPARK how many of them on Spark too, PIPEC_CONFORMANCE_SEED which, and PIPEC_CONFORMANCE_FROM from which number on.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { engineOptions, type Feature } from '../../compiler/features.ts'
import { allTargets } from '../../compiler/targets/registry.ts'
import type { ColumnKind, OutputRow, OutputValue } from '../../runtime/embedded/rows.ts'
import { openLab, unavailable } from '../engines/ksqldb-lab.ts'
import { needs } from '../engines/needs.ts'
import { pipelineText } from './case.ts'
import { allForms } from './expressions.ts'
import { type Generated, generate } from './generate.ts'
import { type HandCase, handCases } from './hand.ts'
import { ableOnKsqldb, judgeOnKsqldb } from './ksqldb.ts'
import { shrink } from './shrink.ts'
import { agrees, counterexample, type Engine, Suite, type Verdict } from './suite.ts'

const local = inject('local')
const inCi = Boolean(process.env.CI)
const seed = setting('PIPEC_CONFORMANCE_SEED', 1)
const first = setting('PIPEC_CONFORMANCE_FROM', 0)
const pipelines = setting('PIPEC_CONFORMANCE', inCi ? 200 : 20)
const onSpark = setting('PIPEC_CONFORMANCE_SPARK', inCi ? 60 : 20)
const onKsqldb = setting('PIPEC_CONFORMANCE_KSQLDB', inCi ? 40 : 10)
const inOneJob = 20

function setting(name: string, otherwise: number): number {
  const text = process.env[name] ?? ''
  if (text !== '' && !/^[0-9]+$/.test(text)) throw new Error(`${name} is "${text}"; write a whole number`)
  return text === '' ? otherwise : Number(text)
}

/**
 * The clock of Spark's own windows begins at 1970, so that windows that end before it are late from the first row on (seen
 * on Spark 4.2.0); under `late_rows: exact` the clock is pipec's.
 */
function isForSpark({ beginsBefore1970, parts }: Generated): boolean {
  return parts.late || !beginsBefore1970
}

/** The driver that runs the scripts on Spark has the Python and the jars of native engines. */
const title = needs.native === null ? 'conformance' : `conformance, but for Spark, which ${needs.native}`

describe.skipIf(local === null)(title, () => {
  let suite: Suite
  let byHand: readonly Verdict[] = []
  const heldForms: Record<Engine, Set<string>> = { flink: new Set(), spark: new Set() }
  /** Every engine that was there and came to its end. */
  let ran: (Engine | 'ksqldb')[] = []

  beforeAll(async () => {
    suite = await Suite.open(local!)
    ran = [...suite.engines]
    const prepared = []
    for (const each of handCases) prepared.push(await suite.prepare(each))
    byHand = await suite.judge(prepared, () => suite.engines)
  })
  afterAll(() => suite.close())

  test.each(handCases)('by hand: $title', (hand) => {
    const verdicts = byHand.filter(({ case: each }) => each.of === hand)
    expect(verdicts.map(({ engine }) => engine)).toEqual(suite.engines)
    const { columns, flushed, late } = verdicts[0]!.case
    expect(flushed.filter((row) => !isOfClosingRow(row, hand))).toEqual(
      hand.expected.map((row) => row.map((value, index) => exact(value, columns[index]!.kind))),
    )
    expect(late.map((line) => Number(JSON.parse(line).id))).toEqual(hand.lateIds)
    const wrong = verdicts.filter((each) => !agrees(each))
    expect(wrong.map((each) => counterexample(each, stringify(hand.parts))).join('\n')).toBe('')
  })

  /** Of a job of several that failed, each pipeline alone. */
  async function firstWrong(verdicts: readonly Verdict[]): Promise<Verdict | undefined> {
    const wrong = verdicts.find((each) => !agrees(each))
    if (wrong === undefined || wrong.error === null || wrong.engine !== 'flink') return wrong
    for (const { case: each } of verdicts.filter(({ engine }) => engine === 'flink')) {
      const [alone] = await suite.judge([await suite.prepare(each.of)], () => ['flink'])
      if (!agrees(alone!)) return alone
    }
    return wrong
  }

  async function batch(from: number, count: number): Promise<readonly Verdict[]> {
    const all = Array.from({ length: count }, (_, number) =>
      generate({ seed, rows: 120, metrics: 14, astral: true }, from + number),
    )
    const prepared = []
    for (const each of all) prepared.push(await suite.prepare(each))
    return suite.judge(prepared, ({ of }) => {
      const number = all.indexOf(of as Generated) + from - first
      return number < onSpark && isForSpark(of as Generated) ? suite.engines : ['flink']
    })
  }

  test(`give the same rows everywhere: ${pipelines} of them, seed ${seed}`, {
    timeout: 1_200_000,
  }, async () => {
    for (let done = 0; done < pipelines; done += inOneJob) {
      const verdicts = await batch(first + done, Math.min(inOneJob, pipelines - done))
      for (const verdict of verdicts.filter(agrees)) {
        for (const form of (verdict.case.of as Generated).forms) heldForms[verdict.engine].add(form)
      }
      const wrong = await firstWrong(verdicts)
      if (wrong !== undefined) throw new Error(await shrink(suite, wrong, 120_000))
    }
  })

  test.skipIf(unavailable !== null)('the same on ksqlDB', { timeout: 1_200_000 }, async () => {
    const lab = await openLab()
    try {
      const generated = Array.from({ length: onKsqldb }, (_, number) =>
        generate({ seed, rows: 120, metrics: 14, astral: false }, first + number),
      )
      for (const able of [...handCases, ...generated].map(ableOnKsqldb)) {
        if (able === null) continue
        const found = await judgeOnKsqldb(lab, suite.embedded, able)
        if (found === null) continue
        if (found.differences.length > 0) {
          const yaml = pipelineText(able.parts, found.case.name, ['ksqldb'])
          throw new Error(counterexample({ ...found, engine: 'ksqldb', error: null, late: [] }, yaml))
        }
        suite.remember(found.case.output.pipeline, 'ksqldb')
      }
      ran.push('ksqldb')
    } finally {
      await lab.stop()
    }
  })

  test.skipIf(pipelines < 20)('held every form of expression', () => {
    const missing = suite.engines.flatMap((engine) =>
      allForms.filter((form) => !heldForms[engine].has(form)).map((form) => `${engine}: ${form}`),
    )
    expect(missing).toEqual([])
  })

  test.skipIf(pipelines < 20)('held every "yes" of the capability table', () => {
    const owners = {
      late_topic: 'flink',
      late_rows: 'spark',
      parallelism: 'flink',
      emit: 'ksqldb',
      grace: 'ksqldb',
    } as const
    const missing = [...ran, 'duckdb' as const].flatMap((engine) => {
      const { capabilities } = allTargets.find(({ name }) => name === engine)!
      const able = (Object.keys(capabilities) as Feature[]).filter((each) => capabilities[each] === 'yes')
      const options = (Object.keys(engineOptions) as (keyof typeof owners)[]).filter(
        (each) => owners[each] === engine,
      )
      return [...able, ...options]
        .filter((each) => !suite.held[engine].has(each))
        .map((each) => `${engine}: ${each}`)
    })
    expect(missing).toEqual([])
  })
})

/** A value that is written in a case, as the embedded engine gives it. */
function exact(value: HandCase['expected'][number][number], kind: ColumnKind): OutputValue {
  if (value === null) return null
  return kind === 'integer' ? BigInt(value) : value
}

/** The row that closes windows is minutes ahead of all others. */
function isOfClosingRow([start]: OutputRow, { expected }: HandCase): boolean {
  return (start as bigint) > Math.max(...expected.map(([each]) => Number(each)))
}
