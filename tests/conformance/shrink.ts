/** Makes a counterexample small: whatever can go while engines still differ goes, until time is up. */
import { type Case, pipelineText, timeField } from './case.ts'
import type { Prepared } from './prepare.ts'
import { agrees, counterexample, type Engine, type Suite, type Verdict } from './suite.ts'

export async function shrink(suite: Suite, verdict: Verdict, milliseconds: number): Promise<string> {
  const deadline = Date.now() + milliseconds
  let smallest = verdict
  while (Date.now() < deadline) {
    const found = await smallerOf(suite, smallest)
    if (found === null) break
    smallest = found
  }
  const { of, name } = smallest.case
  return counterexample(smallest, pipelineText(of.parts, name, [smallest.engine]))
}

/** All candidates run at once: that costs hardly more than one. */
async function smallerOf(suite: Suite, verdict: Verdict): Promise<Verdict | null> {
  const able: Prepared[] = []
  for (const each of candidates(verdict)) {
    const prepared = await suite.prepare(each).catch(() => null)
    if (prepared !== null) able.push(prepared)
  }
  const engine: readonly Engine[] = [verdict.engine]
  const verdicts = able.length === 0 ? [] : await suite.judge(able, () => engine)
  const failing = verdicts.filter(
    (each) => !agrees(each) && (each.error === null) === (verdict.error === null),
  )
  return failing.sort((a, b) => weight(a) - weight(b))[0] ?? null
}

function weight({ case: { of } }: Verdict): number {
  const { parts, records } = of
  return (
    records.length +
    20 * Object.keys(parts.metrics).length +
    10 * parts.groupBy.length +
    (parts.where === null ? 0 : 30) +
    (parts.zone === 'UTC' ? 0 : 5)
  )
}

/** From what leaves least to what leaves most. */
function candidates({ case: { of }, differences }: Verdict): readonly Case[] {
  const { parts, records } = of
  const guilty = new Set(differences.flatMap(({ columns }) => columns))
  const names = Object.keys(parts.metrics)
  const only = names.filter((name) => guilty.has(name))
  const fewer = only.length > 0 && only.length < names.length ? [only.slice(0, 1), only] : halves(names)
  const metrics = fewer.map((kept) => entriesOf(parts.metrics, kept))
  const bare = { ...parts, where: null, groupBy: [], metrics: metrics[0] ?? parts.metrics }
  const parted = [...halves(records), ...quarters(records)]
  return [
    ...halves(records).map((each) => ({ ...of, parts: bare, records: each })),
    ...(metrics.length === 0
      ? []
      : parted.map((each) => ({ ...of, parts: { ...parts, metrics: metrics[0]! }, records: each }))),
    ...metrics.map((each) => ({ ...of, parts: { ...parts, metrics: each } })),
    ...(parts.where === null ? [] : [{ ...of, parts: { ...parts, where: null } }]),
    ...(parts.groupBy.length === 0 ? [] : [{ ...of, parts: { ...parts, groupBy: parts.groupBy.slice(1) } }]),
    ...parted.map((each) => ({ ...of, records: each })),
  ].map(lean)
}

function entriesOf<T>(all: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

/** Without the fields that nothing asks for. */
function lean(each: Case): Case {
  const { where, groupBy, metrics, fields } = each.parts
  const words = new Set([where ?? '', ...Object.values(metrics)].join(' ').match(/[a-z]+/g))
  const kept = ['id', timeField, ...groupBy, ...words].filter((name) => name in fields)
  const records = each.records.map(({ value, partition }) => ({
    value: typeof value === 'string' ? value : entriesOf(value, kept),
    partition,
  }))
  return { ...each, parts: { ...each.parts, fields: entriesOf(fields, kept) }, records }
}

function halves<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return []
  const middle = Math.ceil(list.length / 2)
  return [list.slice(0, middle), list.slice(middle)]
}

/** All but one quarter. */
function quarters<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 4) return []
  const size = Math.ceil(list.length / 4)
  return [0, 1, 2, 3].map((number) => list.filter((_, index) => Math.floor(index / size) !== number))
}
