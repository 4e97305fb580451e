/** Where the engines of this directory are: written by `up` into `.pipec/local.json`, read by whatever applies to them. */
import { join } from 'node:path'
import type { SparkFiles } from './endpoints.ts'
import { readJsonRecord } from './record-file.ts'

/** What `pipec up` can start. */
export type LocalEngine = 'kafka' | 'flink' | 'ksqldb' | 'spark' | 'pinot'

export interface LocalKafka {
  /** `host:port`, as this machine reaches it. */
  readonly bootstrapServers: string
  /** `host:port`, as the other engines reach it: the same natively, another name inside Docker's network. */
  readonly bootstrapServersForEngines: string
}

export interface LocalFlink {
  /** JobManager's REST, `http://host:port`. */
  readonly rest: string
  readonly gateway: string
  /** URIs that the cluster can write to and read from. */
  readonly savepoints: string
  readonly checkpoints: string
}

export interface LocalKsqldb {
  readonly url: string
}

export interface LocalSpark {
  readonly rest: string
  /** `spark://host:port`, as drivers and executors reach it. */
  readonly master: string
  readonly ui: string
  /** `jars` go into `spark.jars` of a submission, `python` into `spark.pyspark.python`. */
  readonly files: SparkFiles
  /** The folder that holds `bin/spark-submit`; null where only REST is there. */
  readonly home: string | null
  /** `spark.driver.host` and `spark.driver.bindAddress`; null leaves them to Spark. */
  readonly driverHost: string | null
}

export interface LocalPinot {
  readonly controller: string
  readonly broker: string
  /** The version decides what a table may ask for: 0.11.0 has the `kafka20` consumer factory, 1.x `kafka30`. */
  readonly version: string
}

export interface Local {
  readonly version: 1
  readonly with: 'native' | 'docker'
  readonly kafka: LocalKafka
  readonly flink: LocalFlink | null
  readonly ksqldb: LocalKsqldb | null
  readonly spark: LocalSpark | null
  readonly pinot: LocalPinot | null
}

/** The folder that `up` keeps its records, logs and data in. */
export function localFolder(cwd: string): string {
  return join(cwd, '.pipec')
}

/**
 * What `up` recorded in this directory, or null when nothing is up. It says what was started, not that it still answers.
 * @throws Failure when the record is there but cannot be read.
 */
export async function readLocal(cwd: string): Promise<Local | null> {
  const path = join(localFolder(cwd), 'local.json')
  return readJsonRecord<Local>(path, () => true, 'Run `pipec down` and `pipec up` to write it anew.')
}
