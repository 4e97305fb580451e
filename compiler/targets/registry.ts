/** Every target, once, in the order in which apply makes their resources. */
import type { Pipeline } from '../ir.ts'
import { compose } from './compose/target.ts'
import { duckdb } from './duckdb/target.ts'
import { flink } from './flink/target.ts'
import { kafka } from './kafka/target.ts'
import { ksqldb } from './ksqldb/target.ts'
import { pinot } from './pinot/target.ts'
import { spark } from './spark/target.ts'
import type { Target } from './target.ts'

/** For documents and tests; a pipeline uses `targetsOf`. */
export const allTargets: readonly Target[] = [kafka, flink, ksqldb, spark, duckdb, pinot]

/** The targets that a pipeline needs: the engines that it names, and what it cannot do without. */
export function targetsOf(pipeline: Pipeline): readonly Target[] {
  const { engines } = pipeline
  const used = [
    kafka,
    ...(engines.flink === null ? [] : [flink]),
    ...(engines.ksqldb === null ? [] : [ksqldb]),
    ...(engines.spark === null ? [] : [spark]),
    duckdb,
    ...(pipeline.pinot === null ? [] : [pinot]),
  ]
  return [...used, compose(used)]
}
