/** Every engine that plan and apply talk to. */
import type { Engine } from './engine.ts'
import { flink } from './flink.ts'
import { kafka } from './kafka.ts'
import { ksqldb } from './ksqldb.ts'
import { pinot } from './pinot.ts'
import { spark } from './spark.ts'

export const allEngines = [kafka, flink, ksqldb, spark, pinot] as const satisfies readonly Engine[]
