/** What `generated/manifest.json` holds: the ordered resources that apply makes, each with its hash. */
import type { EngineName, Environment, Span } from './ir.ts'

interface Common {
  /** Unique and stable: `kafka.topic.transactions`, `flink.job.pipec.transactions`. */
  readonly address: string
  /** The line of pipeline.yaml that asked for the resource, so that an engine's error can name it. */
  readonly line: number
  /** `sha256:` and 16 hex digits over the rest of the resource (without `line`) and the texts of its files. */
  readonly hash: string
}

export interface TopicResource extends Common {
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
 * `stateHash` covers all that old state depends on (source, filter, window, grouping, metrics, engine version); `hash`
 * the rest too (parallelism, options). With the same stateHash a savepoint may be restored; with another one never.
 */
interface Job extends Common {
  /** What the engine calls it: `pipec.transactions`. */
  readonly name: string
  /** Path below generated/ of the text to run. */
  readonly file: string
  readonly stateHash: string
  readonly sourceTopic: string
  readonly resultTopics: readonly string[]
}

export interface FlinkJobResource extends Job {
  readonly kind: 'flink-job'
  /** The consumer group that commits its offsets with each checkpoint. */
  readonly group: string
  readonly parallelism: number
  /** The tables that read or write Kafka, to which apply adds the environment's security options. */
  readonly kafkaTables: readonly string[]
}

export interface KsqldbQueryResource extends Job {
  readonly kind: 'ksqldb-query'
  /** Unquoted names, in the order in which the file creates them. */
  readonly streams: readonly string[]
  readonly tables: readonly string[]
  /** Sent as streamsProperties beside the hash. */
  readonly properties: Readonly<Record<string, string>>
}

export interface SparkJobResource extends Job {
  readonly kind: 'spark-job'
  readonly stateful: boolean
}

export interface PinotTableResource extends Common {
  readonly kind: 'pinot-table'
  readonly table: string
  readonly topic: string
  readonly schemaFile: string
  readonly tableFile: string
  readonly engine: EngineName
}

export type Resource =
  | TopicResource
  | FlinkJobResource
  | KsqldbQueryResource
  | SparkJobResource
  | PinotTableResource

/** What a target gives; the compiler adds the line and the hash. */
export type ResourceDraft = Resource extends infer R ? (R extends Resource ? Draft<R> : never) : never
type Draft<R extends Resource> = Omit<R, 'line' | 'hash'> & { readonly at: Span }

export interface Manifest {
  readonly version: 1
  readonly pipeline: string
  readonly resources: readonly Resource[]
  readonly environments: readonly Environment[]
  /** Every other file of generated/ with its hash, so that a stale or edited folder is seen. */
  readonly files: Readonly<Record<string, string>>
}
