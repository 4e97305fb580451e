/** A session cluster under Compose: JobManager, one TaskManager, SQL Gateway, configured by generated/flink/config.yaml. */
import { healthcheck, pageHolds } from '../../healthcheck.ts'
import { builtImage, copied, jarsStage } from '../../image.ts'
import type { Json } from '../../ir.ts'
import type { Artifact, ComposeServices } from '../target.ts'
import { versions } from './versions.ts'

type Service = { readonly [key: string]: Json }

const home = '/opt/flink'
const data = '/opt/pipec/flink'
const healthy = { condition: 'service_healthy' }

/**
 * The image's own entry point would write into the configuration; the scripts behind it only read it. Checkpoints lie in
 * a volume that both managers see.
 */
const common: Service = {
  ...builtImage(`pipec-flink:${versions.flink}`, dockerfile()),
  profiles: ['flink'],
  user: 'flink',
  volumes: [`flink-data:${data}`, `./flink/config.yaml:${home}/conf/config.yaml:ro`],
  restart: 'unless-stopped',
}

export const flinkServices: ComposeServices = {
  services: {
    'flink-jobmanager': {
      ...common,
      hostname: 'flink-jobmanager',
      entrypoint: [`${home}/bin/jobmanager.sh`, 'start-foreground'],
      ports: ['127.0.0.1:8081:8081'],
      healthcheck: overview('"flink-version"'),
      mem_limit: '1280m',
    },
    'flink-taskmanager': {
      ...common,
      hostname: 'flink-taskmanager',
      entrypoint: [`${home}/bin/taskmanager.sh`, 'start-foreground'],
      depends_on: { kafka: healthy, 'flink-jobmanager': healthy },
      healthcheck: overview('"taskmanagers":[1-9]'),
      mem_limit: '2560m',
    },
    'flink-sql-gateway': {
      ...common,
      hostname: 'flink-sql-gateway',
      entrypoint: [`${home}/bin/sql-gateway.sh`, 'start-foreground'],
      ports: ['127.0.0.1:8083:8083'],
      depends_on: { 'flink-taskmanager': healthy },
      healthcheck: healthcheck(pageHolds('127.0.0.1:8083', '/v1/info', '"version"'), '10s'),
      // The SQL client is opened in this container too.
      mem_limit: '1536m',
    },
  },
  volumes: ['flink-data'],
}

/** Built once: nothing is fetched when a container starts. */
function dockerfile(): readonly string[] {
  const jar = `org.apache.flink:flink-sql-connector-kafka:${versions.kafkaConnector}`
  return [
    jarsStage,
    copied(jar),
    `FROM flink:${versions.flink}-java17`,
    `COPY --from=jars /jars/ ${home}/lib/`,
    `RUN mkdir -p ${data} && chown -R flink:flink ${data}`,
  ]
}

function overview(pattern: string): Json {
  return healthcheck(pageHolds('flink-jobmanager:8081', '/overview', pattern), '10s')
}

/** As a value and not a template: it is data, and a person may change it. */
export const flinkConfiguration: Artifact = {
  path: 'flink/config.yaml',
  data: {
    'jobmanager.rpc.address': 'flink-jobmanager',
    'jobmanager.bind-host': '0.0.0.0',
    'jobmanager.memory.process.size': '1024m',
    'taskmanager.bind-host': '0.0.0.0',
    'taskmanager.numberOfTaskSlots': 8,
    'taskmanager.memory.process.size': '2304m',
    'rest.address': 'flink-jobmanager',
    'rest.bind-address': '0.0.0.0',
    'sql-gateway.endpoint.rest.address': '0.0.0.0',
    'sql-gateway.endpoint.rest.bind-address': '0.0.0.0',
    'heartbeat.interval': '2 s',
    'heartbeat.timeout': '20 s',
    'metrics.fetcher.update-interval': '1 s',
    'execution.checkpointing.dir': `file://${data}/checkpoints`,
    'execution.checkpointing.savepoint-dir': `file://${data}/savepoints`,
    'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    'execution.checkpointing.num-retained': 2,
    'jobstore.expiration-time': 86_400,
    'env.java.opts.all': javaModules(),
    'env.java.opts.sql-gateway': '-Xmx512m',
    'env.java.opts.client': '-Xmx256m',
  },
}

/** What the distribution's own configuration opens to Flink on Java 17. */
function javaModules(): string {
  const exported = [
    'java.rmi/sun.rmi.registry',
    ...['api', 'file', 'parser', 'tree', 'util'].map((name) => `jdk.compiler/com.sun.tools.javac.${name}`),
    'java.security.jgss/sun.security.krb5',
  ]
  const opened = [
    ...['lang', 'net', 'io', 'nio', 'lang.reflect', 'text', 'time', 'util'].map(
      (name) => `java.base/java.${name}`,
    ),
    'java.base/sun.nio.ch',
    'java.base/java.util.concurrent',
    'java.base/java.util.concurrent.atomic',
    'java.base/java.util.concurrent.locks',
  ]
  return [
    ...exported.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  ].join(' ')
}
