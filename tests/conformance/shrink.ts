/** Makes a counterexample small: whatever can go while engines still differ goes, until time is up. */
import { type Case, pipelineText } from './case.ts'
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

function candidates({ case: { of }, differences }: Verdict): readonly Case[] {
  const { parts, records } = of
  const guilty = new Set(differences.flatMap(({ columns }) => columns))
  const names = Object.keys(parts.metrics)
  const only = names.filter((name) => guilty.has(name))
  const metrics = only.length > 0 && only.length < names.length ? [only, only.slice(0, 1)] : halves(names)
  const keep = (kept: readonly string[]) =>
    Object.fromEntries(Object.entries(parts.metrics).filter(([name]) => kept.includes(name)))
  return [
    ...metrics
      .filter((each) => each.length > 0)
      .map((each) => ({ ...of, parts: { ...parts, metrics: keep(each) } })),
    ...(parts.where === null ? [] : [{ ...of, parts: { ...parts, where: null } }]),
    ...(parts.groupBy.length === 0 ? [] : [{ ...of, parts: { ...parts, groupBy: parts.groupBy.slice(1) } }]),
    ...(records.length < 2 ? [] : halves(records).map((each) => ({ ...of, records: each }))),
    ...(records.length < 8 ? [] : quarters(records).map((each) => ({ ...of, records: each }))),
  ]
}

function halves<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return []
  const middle = Math.ceil(list.length / 2)
  return [list.slice(0, middle), list.slice(middle)]
}

/** All but one quarter. */
function quarters<T>(list: readonly T[]): readonly (readonly T[])[] {
  const size = Math.ceil(list.length / 4)
  return [0, 1, 2, 3].map((number) => list.filter((_, index) => Math.floor(index / size) !== number))
}
