/** Where the engines of the compose file answer: its ports on this machine, its host names among themselves. */

import type { Local, LocalEngine } from '../local.ts'
import type { UpReport } from '../starter.ts'
import { composeFile } from './compose.ts'

const host = 'http://127.0.0.1'

export function localOf(engines: readonly LocalEngine[]): Local {
  return {
    version: 1,
    with: 'docker',
    kafka: { bootstrapServers: '127.0.0.1:9092', bootstrapServersForEngines: 'kafka:29092' },
    flink: engines.includes('flink') ? flink : null,
    ksqldb: engines.includes('ksqldb') ? { url: `${host}:8088` } : null,
    spark: engines.includes('spark') ? spark : null,
    pinot: engines.includes('pinot') ? pinot : null,
  }
}

const flink: Local['flink'] = {
  rest: `${host}:8081`,
  gateway: `${host}:8083`,
  savepoints: 'file:///opt/pipec/flink/savepoints',
  checkpoints: 'file:///opt/pipec/flink/checkpoints',
}

/** The connector's jars are in the image, where the class path has them. */
const spark: Local['spark'] = {
  rest: `${host}:6066`,
  master: 'spark://spark-master:7077',
  ui: `${host}:8180`,
  files: { jars: [], python: 'python3', scripts: '/tmp', checkpoints: '/opt/pipec/checkpoints' },
  home: null,
  driverHost: null,
}

const pinot: Local['pinot'] = { controller: `${host}:9000`, broker: `${host}:8099`, version: '1.5.1' }

export function whereToLook({ flink, ksqldb, spark, pinot }: Local): UpReport['look'] {
  return [
    { what: 'Kafka UI', where: `${host}:8080` },
    { what: 'Kafka', where: '127.0.0.1:9092' },
    {
      what: '  its tools',
      where: inside('kafka', '/opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:29092 --list'),
    },
    ...look(flink, 'Flink', host + ':8081', 'flink-sql-gateway', flinkShell),
    ...look(ksqldb, 'ksqlDB', host + ':8088', 'ksqldb', 'ksql'),
    ...look(spark, 'Spark', host + ':8180', 'spark-worker', sparkShell),
    ...(pinot === null ? [] : [{ what: 'Pinot', where: pinot.controller }]),
    ...(pinot === null ? [] : [{ what: '  its SQL shell', where: `${pinot.controller}/#/query` }]),
    { what: 'What runs', where: 'pipec status' },
    { what: 'Logs', where: `docker compose -f ${composeFile} logs <service>` },
  ]
}

/** In the containers whose memory has room for a shell. */
const flinkShell = '/opt/flink/bin/sql-client.sh gateway --endpoint flink-sql-gateway:8083'
const sparkShell =
  '/opt/spark/bin/pyspark --master spark://spark-master:7077 --conf spark.sql.catalogImplementation=in-memory'

function look(
  engine: object | null,
  title: string,
  where: string,
  service: string,
  shell: string,
): UpReport['look'] {
  if (engine === null) return []
  return [
    { what: title, where },
    { what: '  its shell', where: inside(service, shell) },
  ]
}

function inside(service: string, command: string): string {
  return `docker compose -f ${composeFile} exec ${service} ${command}`
}
