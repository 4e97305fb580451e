/** What `generated/manifest.json` holds: the ordered resources that apply makes, each with its hash. */
import type { EngineName, Environment } from './ir.ts'

/** `line` is the one of pipeline.yaml that asked for the resource, so that an engine's error can name it. */
interface Common {
  /** Unique and stable: `kafka.topic.transactions`, `flink.job.pipec.transactions`. */
  readonly address: string
  readonly line: number
}

export interface TopicSpec extends Common {
  readonly kind: 'kafka-topic'
  readonly topic: string
  readonly partitions: number
  /** Only the keys that pipec cares about; others are left alone. */
  readonly config: Readonly<Record<string, string>>
  readonly role: 'source' | 'result' | 'late'
  /** False for a topic that an engine makes itself (ksqlDB's sink); plan then only observes it. */
  readonly create: boolean
}

/**
 * `stateHash` covers all that old state depends on (source, filter, window, grouping, metrics, engine version);
 * `hash` the rest too (parallelism, topic configuration). Same stateHash: a savepoint may be restored.
 */
interface JobSpec extends Common {
  readonly name: string
  /** Path below generated/ of the text to run. */
  readonly file: string
  readonly stateHash: string
  readonly sourceTopic: string
  readonly resultTopics: readonly string[]
}

export interface FlinkJobSpec extends JobSpec {
  readonly kind: 'flink-job'
  readonly parallelism: number
  /** The tables that read or write Kafka, to which apply adds the environment's security options. */
  readonly kafkaTables: readonly string[]
}

export interface KsqldbQuerySpec extends JobSpec {
  readonly kind: 'ksqldb-query'
  /** Names of streams and tables, in the order in which they are created. */
  readonly streams: readonly string[]
  readonly tables: readonly string[]
}

export interface SparkJobSpec extends JobSpec {
  readonly kind: 'spark-job'
  /** `org:artifact:version` of the jars the script needs beside Spark's own. */
  readonly packages: readonly string[]
}

export interface PinotTableSpec extends Common {
  readonly kind: 'pinot-table'
  readonly table: string
  readonly topic: string
  readonly schemaFile: string
  readonly tableFile: string
  readonly engine: EngineName
}

export type ResourceDraft = TopicSpec | FlinkJobSpec | KsqldbQuerySpec | SparkJobSpec | PinotTableSpec

/** `hash` is `sha256:` and the first 16 hex digits over the draft (without `line`) and the texts of its files. */
export type Resource = ResourceDraft & { readonly hash: string }

export type ResourceKind = Resource['kind']

export interface Manifest {
  readonly version: 1
  readonly pipeline: string
  readonly resources: readonly Resource[]
  readonly environments: readonly Environment[]
  /** Every other file of generated/ with its SHA-256, so that a stale or edited folder is seen. */
  readonly files: Readonly<Record<string, string>>
}
