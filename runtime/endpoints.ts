/** Where the engines of one environment are, with every `${VAR}` resolved. Never printed, never written. */
export interface Endpoints {
  readonly environment: string
  readonly kafka: KafkaEndpoint
  readonly flink: FlinkEndpoint | null
  readonly ksqldb: HttpEndpoint | null
  /** `url` is the submission REST (6066), `master` `spark://…`, `ui` the master's page (8180 natively). */
  readonly spark: SparkEndpoint | null
  /** `url` is the controller. */
  readonly pinot: (HttpEndpoint & { readonly broker: string }) | null
}

export interface KafkaEndpoint {
  /** As this process reaches the brokers, comma-separated. */
  readonly bootstrapServers: string
  /** As the engines reach them; differs from the other inside Docker. */
  readonly engineBootstrapServers: string
  readonly security: KafkaSecurity | null
}

export interface KafkaSecurity {
  readonly protocol: 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | null
  readonly username: string | null
  readonly password: string | null
  /** A PEM file's path, or null for the system's own certificate authorities. */
  readonly ca: string | null
}

export interface HttpEndpoint {
  readonly url: string
  readonly auth: { readonly username: string; readonly password: string } | null
}

/** `url` is the SQL Gateway (8083). */
export interface FlinkEndpoint extends HttpEndpoint {
  /** The JobManager (8081). */
  readonly rest: string
  /** A folder of this machine that the cluster writes to as well; null where there is none. */
  readonly checkpoints: string | null
}

export interface SparkEndpoint extends HttpEndpoint {
  readonly master: string
  readonly ui: string
  readonly files: SparkFiles | null
  /** Whether the paths of `files` are this machine's own. */
  readonly here: boolean
}

/** What a driver needs, as paths that the Spark cluster can read. */
export interface SparkFiles {
  readonly jars: readonly string[]
  readonly python: string
  /** Where apply puts the script so that the cluster can read it, and where checkpoints go. */
  readonly scripts: string
  readonly checkpoints: string
}
