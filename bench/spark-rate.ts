/** How fast a Spark job reads a backlog, by Spark's own account of its batches: its start does not count. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcomeOf } from './child.ts'
import type { Ending } from './ending.ts'
import type { EngineSet } from './engines.ts'

export interface Backlog {
  readonly total: number
  /** Records that are read in one batch at most. */
  readonly batch: number
}

/** Records a second of one run of `script`, on two cores, over a topic that holds the backlog. */
export async function sparkRate(
  script: string,
  { total, batch }: Backlog,
  { endpoints, local }: EngineSet,
  ending: Ending,
): Promise<number> {
  const { spark } = local
  if (spark?.home == null) throw new Error('no Spark of its own')
  const folder = ending.folder()
  writeFileSync(join(folder, 'job.py'), script)
  const watcher = join(import.meta.dirname, 'spark-backlog.py')
  const child = spawn(spark.files.python, [watcher, join(folder, 'job.py'), `${total}`, `${batch}`], {
    env: {
      ...process.env,
      SPARK_HOME: spark.home,
      SPARK_LOCAL_IP: '127.0.0.1',
      PYSPARK_PYTHON: spark.files.python,
      PYSPARK_SUBMIT_ARGS: `--master local[2] --driver-memory 2g --conf spark.ui.enabled=false --jars ${spark.files.jars.join(',')} pyspark-shell`,
      KAFKA_BOOTSTRAP_SERVERS: endpoints.kafka.engineBootstrapServers,
      PIPEC_CHECKPOINT: join(folder, 'checkpoint'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code, out, err } = await outcomeOf(child, ending, 'SIGTERM')
  if (code !== 0) throw new Error(`Spark ended with ${code}: ${err.slice(-4000)}`)
  const batches = [...out.matchAll(/^batch: (.*)$/gm)].map(([, account]) => JSON.parse(account!) as Batch)
  const [rows, millis] = [sum(batches, ({ rows }) => rows), sum(batches, ({ millis }) => millis)]
  return (rows * 1000) / millis
}

interface Batch {
  readonly rows: number
  readonly millis: number
}

function sum(batches: readonly Batch[], value: (batch: Batch) => number): number {
  return batches.reduce((all, each) => all + value(each), 0)
}
