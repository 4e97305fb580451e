/** Every engine that plan and apply talk to. */
import type { Engine } from './engine.ts'
import { kafka } from './kafka.ts'
import { pinot } from './pinot.ts'
import { spark } from './spark.ts'

export const allEngines: readonly Engine[] = [kafka, spark, pinot] as readonly unknown[] as readonly Engine[]
