/* Made from schema/pipeline.schema.json by `npm run types:document`; change the schema instead. */

/**
 * The type of a field's JSON value: string, boolean, int (32 bit), bigint (64 bit), double, decimal(p,s), timestamp (milliseconds; written as event_time.format says). Any field may be null.
 */
export type Type = string
/**
 * A reference to an environment variable, ${VAR}; the value itself never stands in this file.
 */
export type Secret = string
/**
 * An http or https address; it may contain ${VAR}, but no user name and no password.
 */
export type Url = string

/**
 * A pipec pipeline, version 1: a source topic, an optional filter, a window, metrics, the engines that compute them and where the results are served.
 */
export interface PipelineDocument {
  /**
   * What this pipeline is called. It prefixes everything that apply owns on the engines, so it is best never changed: lower-case letters, digits and _, starting with a letter, at most 63.
   */
  name: string
  source: Source
  /**
   * Keeps the rows for which this condition is true (not false, not null). Only those are the stream, and only they move the clock. Default: every row.
   */
  where?: string
  window: Window
  /**
   * Fields whose values each get a result row of their own per window; null is a value of its own. Default: one row per window.
   *
   * @maxItems 16
   */
  group_by?: string[]
  /**
   * The output columns: a name and an aggregate over an expression. Aggregates: sum, count(*), count(x), count(distinct x), avg, min, max.
   */
  metrics: {
    /**
     * An aggregate over an expression: sum(x), count(*), count(x), count(distinct x), avg(x), min(x) or max(x).
     */
    [k: string]: string
  }
  engines: Engines
  /**
   * Where the results can be queried.
   */
  serving?: {
    pinot?: Pinot
  }
  generator?: Generator
  environments?: Environments
}
/**
 * The topic that the pipeline reads, and what its records look like.
 */
export interface Source {
  /**
   * The Kafka topic to read. Every engine reads it from the start.
   */
  topic: string
  /**
   * How many partitions the topic has. Order is only defined within a partition. Default 1.
   */
  partitions?: number
  /**
   * The field that is the record key, so that its rows keep their order in one partition. Default: no key.
   */
  key?: string
  /**
   * How a record's value is written: one JSON object. The only format of version 1.
   */
  format?: 'json'
  /**
   * The fields of a record and their types. Fields that are not listed are ignored.
   */
  fields: {
    [k: string]: Type
  }
  event_time: EventTime
}
/**
 * When a row happened. Windows and lateness go by this, never by when the row arrived.
 */
export interface EventTime {
  /**
   * The timestamp field that says when the row happened. A row without a readable one is malformed and skipped.
   */
  field: string
  /**
   * How timestamps are written: a pattern of yyyy MM dd HH mm ss SSS (other letters in single quotes), or epoch_millis, epoch_seconds, or iso8601 (yyyy-MM-ddTHH:mm:ss[.SSS]Z, always ending in Z).
   */
  format: string
  /**
   * The time zone of a pattern, as an IANA name. Default UTC.
   */
  time_zone?: string
  /**
   * How far out of order rows may arrive. A window waits this long, in event time, before it closes. Default 0s.
   */
  watermark_delay?: string
}
/**
 * How rows are cut into windows by event time. Windows are half-open [start, end) and aligned to the epoch in UTC.
 */
export interface Window {
  /**
   * tumbling: every row is in one window of `size`. hopping: windows of `size` start every `advance`. session: rows of a group at most `gap` apart share a window.
   */
  type: 'tumbling' | 'hopping' | 'session'
  /**
   * tumbling and hopping: the length of each window.
   */
  size?: string
  /**
   * hopping: how far apart windows start. It must divide `size`: a row is in size / advance windows.
   */
  advance?: string
  /**
   * session: rows of a group at most this far apart share a session; it ends this long after its last row.
   */
  gap?: string
  /**
   * tumbling and hopping: shifts the alignment of windows; with size 1h and offset 15m they start at a quarter past. An error on engines that cannot. Default 0s.
   */
  offset?: string
}
/**
 * The engines that compute the metrics, at least one. Each writes a topic of its own, and all of them the same rows.
 */
export interface Engines {
  /**
   * Apache Flink: exactly once, exact in late rows.
   */
  flink?: {
    /**
     * The topic that Flink writes the results to.
     */
    topic: string
    /**
     * How many subtasks the job runs in; at most the source's partitions can be of use. Default 1.
     */
    parallelism?: number
    /**
     * Sends rows that come too late for their window to this topic, instead of dropping them.
     */
    late_topic?: string
  }
  /**
   * ksqlDB on Kafka Streams.
   */
  ksqldb?: {
    /**
     * The topic that ksqlDB writes the results to.
     */
    topic: string
    /**
     * final: one row per window once it closes (default with one partition; with several it loses rows of a backlog). changes: every update, of which the last per window and group counts (default with several partitions).
     */
    emit?: 'final' | 'changes'
    /**
     * With emit: changes, how long a window goes on taking late rows. Default 1d.
     */
    grace?: string
  }
  /**
   * Apache Spark Structured Streaming: at least once, repeats equal in every value.
   */
  spark?: {
    /**
     * The topic that Spark writes the results to.
     */
    topic: string
    /**
     * batch: lateness is judged by batches, so that some late rows may still count (default). exact: the late rule to the row, with one source partition and about a third of the throughput.
     */
    late_rows?: 'batch' | 'exact'
  }
}
/**
 * Apache Pinot: one upsert table per engine topic.
 */
export interface Pinot {
  /**
   * Whose results to serve. Default: those of every engine.
   *
   * @minItems 1
   */
  engines?: ('flink' | 'ksqldb' | 'spark')[]
  /**
   * How long results are kept, by window start, in whole days. Default: for ever.
   */
  retention?: string
}
/**
 * How `pipec run` and `pipec produce` make records.
 */
export interface Generator {
  /**
   * A rule for each field of the source; a field without one gets a plain value of its type.
   */
  fields: {
    [k: string]: Rule
  }
}
/**
 * One of faker, pick, lookup, now, sequence or value; any of them with null_rate.
 */
export interface Rule {
  /**
   * A faker method by name, or a list of the name and its arguments.
   */
  faker?: string | unknown[]
  /**
   * One of these values, each as likely as the others or as `weights` says.
   *
   * @minItems 1
   */
  pick?: unknown[]
  /**
   * How likely each value of `pick` is, relative to the others.
   */
  weights?: number[]
  /**
   * The name of another field whose value chooses one of `values`.
   */
  lookup?: string
  /**
   * For each value of the `lookup` field, the value of this one.
   */
  values?: {}
  /**
   * The record's event time.
   */
  now?: true
  /**
   * Counts up: true, or where to start and by how much.
   */
  sequence?:
    | true
    | {
        /**
         * The first number. Default 1.
         */
        start?: number
        /**
         * What is added for each record; below 0 it counts down. Default 1.
         */
        step?: number
      }
  /**
   * Always this value.
   */
  value?: {
    [k: string]: unknown
  }
  /**
   * In what share of records the field is null, 0 to 1.
   */
  null_rate?: number
}
/**
 * Where apply finds running engines, chosen by `-e NAME`. `local` is built in: what `pipec up` starts.
 */
export interface Environments {
  [k: string]: {
    /**
     * The brokers.
     */
    kafka?: {
      /**
       * host:port, several with commas between them.
       */
      bootstrap_servers: string
      /**
       * How to connect: encryption and login.
       */
      security?: {
        /**
         * Whether the connection is encrypted (SSL) and whether it logs in (SASL).
         */
        protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
        /**
         * How it logs in. Needed with a SASL protocol.
         */
        mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
        /**
         * The user's name, or ${VAR}.
         */
        username?: string
        password?: Secret
        /**
         * A PEM file with the certificate authority.
         */
        ca?: string
      }
    }
    /**
     * The SQL Gateway, and the JobManager where its address is another one.
     */
    flink?: {
      gateway: Url
      /**
       * An http or https address; it may contain ${VAR}, but no user name and no password.
       */
      rest?: string
      auth?: Auth
    }
    /**
     * The ksqlDB server.
     */
    ksqldb?: {
      url: Url
      auth?: Auth
    }
    /**
     * The standalone master's REST submission server.
     */
    spark?: {
      rest: Url
      /**
       * spark://host:port. Default: the REST's host, port 7077.
       */
      master?: string
      /**
       * An http or https address; it may contain ${VAR}, but no user name and no password.
       */
      ui?: string
      /**
       * A folder that all workers can write to, for the jobs' checkpoints. The workers also need the Kafka source of their Spark version among their jars, and python3.
       */
      checkpoints?: string
      auth?: Auth
    }
    /**
     * The controller, and the broker where its address is another one.
     */
    pinot?: {
      controller: Url
      /**
       * An http or https address; it may contain ${VAR}, but no user name and no password.
       */
      broker?: string
      auth?: Auth
    }
  }
}
/**
 * HTTP basic authentication.
 */
export interface Auth {
  /**
   * The user's name, or ${VAR}.
   */
  username: string
  password: Secret
}
