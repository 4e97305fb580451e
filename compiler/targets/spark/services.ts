/** A standalone master and one worker, which holds the drivers, their executors and the checkpoints. */
import { healthcheck, pageHolds } from '../../healthcheck.ts'
import { type BuiltImage, builtImage, copied, jarsStage } from '../../image.ts'
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
  environment: {
    SPARK_PUBLIC_DNS: '127.0.0.1',
    SPARK_DAEMON_MEMORY: '512m',
    // Jobs come by REST, which not every version of Spark offers by itself. A shell that takes every core lets jobs wait for ever.
    SPARK_MASTER_OPTS: '-Dspark.master.rest.enabled=true -Dspark.deploy.defaultCores=1',
  },
  ports: ['127.0.0.1:8180:8180', '127.0.0.1:6066:6066'],
  healthcheck: healthcheck(
    pageHolds('spark-master:6066', '/v1/submissions/readyz', '^HTTP/[0-9.]* 200'),
    '10s',
  ),
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
    // Folders of applications that have ended, with their copies of the jars, go after seven days.
    SPARK_WORKER_OPTS: '-Dspark.worker.cleanup.enabled=true',
  },
  ports: ['127.0.0.1:8181:8181'],
  volumes: ['spark-checkpoints:/opt/pipec/checkpoints'],
  depends_on: { kafka: { condition: 'service_healthy' }, 'spark-master': { condition: 'service_healthy' } },
  healthcheck: healthcheck(pageHolds('spark-master:8180', '/json/', '"aliveworkers" *: *[1-9]'), '10s'),
  // All that it offers, and itself.
  mem_limit: '7g',
  restart: 'unless-stopped',
}

function sparkClass(name: string, ...options: readonly string[]): readonly string[] {
  return ['/opt/spark/bin/spark-class', `org.apache.spark.deploy.${name}`, ...options]
}

/** Built once: nothing is fetched when a container starts. Only the exact variant needs Python packages. */
function imageFor({ lateRows }: SparkEngine): BuiltImage {
  const exact = lateRows === 'exact'
  const lines = [
    jarsStage,
    ...jars.map(copied),
    `FROM apache/spark:${versions.spark}-python3`,
    'USER root',
    'COPY --from=jars /jars/ /opt/spark/jars/',
    ...(exact ? [`RUN pip install --no-cache-dir ${packages.join(' ')}`] : []),
    'RUN mkdir -p /opt/pipec/checkpoints && chown -R spark /opt/pipec',
    // The user has no home, where Ivy and Python would keep their caches.
    'ENV HOME=/tmp',
    'USER spark',
  ]
  return builtImage(`pipec-spark:${versions.spark}${exact ? '-exact' : ''}`, lines)
}
