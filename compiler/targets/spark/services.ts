/** A standalone master and one worker, which holds the drivers, their executors and the checkpoints. */
import type { Json, SparkEngine } from '../../ir.ts'
import type { ComposeServices } from '../target.ts'

/** The versions that the jobs were tried on; image, jars and Python packages belong together. */
export const versions = { spark: '4.2.0', kafkaClients: '3.9.2', commonsPool: '2.13.1' } as const

/** The Kafka source and all that Spark does not bring itself; other jars of its dependencies are older than Spark's own. */
const jars = [
  `org.apache.spark:spark-sql-kafka-0-10_2.13:${versions.spark}`,
  `org.apache.spark:spark-token-provider-kafka-0-10_2.13:${versions.spark}`,
  `org.apache.kafka:kafka-clients:${versions.kafkaClients}`,
  `org.apache.commons:commons-pool2:${versions.commonsPool}`,
] as const

/** Of the versions that pyspark's stateful processors were tried with: its generated code is particular about protobuf. */
const packages = ['pandas==2.3.3', 'pyarrow==22.0.0', 'protobuf==6.33.6'] as const

const profiles = ['spark']

export function sparkServices(engine: SparkEngine): ComposeServices {
  const image = imageFor(engine)
  return {
    services: { 'spark-master': { ...image, ...master }, 'spark-worker': { ...image, ...worker } },
    volumes: ['spark-checkpoints'],
  }
}

const master: { readonly [key: string]: Json } = {
  profiles,
  hostname: 'spark-master',
  command: sparkClass('master.Master', '--host', 'spark-master', '--port', '7077', '--webui-port', '8180'),
  environment: { SPARK_PUBLIC_DNS: '127.0.0.1', SPARK_DAEMON_MEMORY: '512m' },
  ports: ['127.0.0.1:8180:8180', '127.0.0.1:6066:6066'],
  healthcheck: listening('spark-master', 6066),
  mem_limit: '768m',
  restart: 'unless-stopped',
}

const worker: { readonly [key: string]: Json } = {
  profiles,
  hostname: 'spark-worker',
  command: sparkClass('worker.Worker', '--webui-port', '8181', 'spark://spark-master:7077'),
  // Cores are slots, not processors. The worker's page is where drivers' logs are read, so its address is this machine's.
  environment: {
    SPARK_PUBLIC_DNS: '127.0.0.1',
    SPARK_DAEMON_MEMORY: '512m',
    SPARK_WORKER_CORES: '8',
    SPARK_WORKER_MEMORY: '6g',
  },
  ports: ['127.0.0.1:8181:8181'],
  volumes: ['spark-checkpoints:/opt/pipec/checkpoints'],
  depends_on: { kafka: { condition: 'service_healthy' }, 'spark-master': { condition: 'service_healthy' } },
  healthcheck: listening('spark-worker', 8181),
  mem_limit: '5g',
  restart: 'unless-stopped',
}

function sparkClass(name: string, ...options: readonly string[]): readonly string[] {
  return ['/opt/spark/bin/spark-class', `org.apache.spark.deploy.${name}`, ...options]
}

/** The image has no curl. */
function listening(host: string, port: number): Json {
  return {
    test: ['CMD', 'bash', '-c', `</dev/tcp/${host}/${port}`],
    interval: '5s',
    timeout: '5s',
    retries: 24,
    start_period: '10s',
  }
}

/** Built once: nothing is fetched when a container starts. Only the exact variant needs Python packages. */
function imageFor({ lateRows }: SparkEngine): { readonly image: string; readonly build: Json } {
  const exact = lateRows === 'exact'
  const lines = [
    'FROM maven:3.9.9-eclipse-temurin-17 AS jars',
    ...jars.map((jar) => `RUN mvn -q -B dependency:copy -Dartifact=${jar} -DoutputDirectory=/jars`),
    `FROM apache/spark:${versions.spark}-python3`,
    'USER root',
    'COPY --from=jars /jars/ /opt/spark/jars/',
    ...(exact ? [`RUN pip install --no-cache-dir ${packages.join(' ')}`] : []),
    'RUN mkdir -p /opt/pipec/checkpoints && chown -R spark /opt/pipec',
    // The user has no home, where Ivy and Python would keep their caches.
    'ENV HOME=/tmp',
    'USER spark',
  ]
  const image = `pipec-spark:${versions.spark}${exact ? '-exact' : ''}`
  return { image, build: { dockerfile_inline: lines.join('\n') + '\n' } }
}
