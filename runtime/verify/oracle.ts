/** The embedded engine and the aggregates of this folder check each other: where they differ, pipec itself is wrong. */
import type { Pipeline } from '../../compiler/ir.ts'
import { answerOf, clustersOf, type ExpectedRow } from './clusters.ts'
import { identityOf } from './results.ts'
import { type Evaluated, evaluate, groupKey, type Oracle, type SentRecord } from './rows.ts'
import { type Exact, equals, exactOf } from './values.ts'

/**
 * With one partition, the order of arrival is that of the input. With several there is none, so that all rows are put in
 * order of time: then none is late.
 */
export async function assertOracle(
  data: Evaluated,
  records: readonly SentRecord[],
  pipeline: Pipeline,
  oracle: Oracle,
): Promise<void> {
  const alone = pipeline.source.partitions === 1
  const judged = alone ? data : await evaluate(inOrderOfTime(data, records), pipeline, oracle)
  const rule = { must: 'own', lateMayBeIn: false, slack: pipeline.source.eventTime.watermarkDelay } as const
  const clusters = clustersOf(judged.rows, pipeline, rule, judged)
  const own = clusters.flatMap((cluster) => answerOf(cluster, cluster.must, pipeline))
  const theirs = oracleRows(judged, pipeline)
  const odd = own.find((row) => !isSame(row, theirs.get(identityOf(row))))
  if (odd !== undefined || own.length !== theirs.size)
    throw new TypeError(
      `verify and the embedded engine disagree on ${odd === undefined ? 'the number of windows' : identityOf(odd)}`,
    )
}

function inOrderOfTime({ rows }: Evaluated, records: readonly SentRecord[]): readonly SentRecord[] {
  return [...rows]
    .sort((one, other) => one.time - other.time)
    .map(({ record }) => ({ ...records[record]!, partition: 0 }))
}

type Values = readonly Exact[]

/** The embedded engine's rows by their identity. */
export function oracleRows(
  { answer }: Evaluated,
  { groupBy, metrics }: Pipeline,
): ReadonlyMap<string, Values> {
  return new Map(
    answer.map(([start, end, ...rest]) => {
      const group = groupBy.map(({ type }, index) => exactOf(rest[index]!, type))
      const values = metrics.map(({ type }, index) => exactOf(rest[groupBy.length + index]!, type))
      return [identityOf({ start: Number(start), end: Number(end), groupKey: groupKey(group) }), values]
    }),
  )
}

function isSame({ values }: ExpectedRow, theirs: Values | undefined): boolean {
  return theirs !== undefined && values.every((value, index) => equals(theirs[index], value))
}
