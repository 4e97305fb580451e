/** Where to look, and how to open each engine's own shell, once they are up. */
import { join, relative } from 'node:path'
import type { Local } from '../local.ts'
import type { UpReport } from '../starter.ts'

type Look = UpReport['look']

/** `folder` is the `.pipec` folder; its scripts are named as seen from `cwd`. */
export function whereToLook(local: Local, folder: string, cwd: string): Look {
  const bin = (name: string) => join(relative(cwd, folder) || '.', 'bin', name)
  return [
    { what: 'Kafka', where: local.kafka.bootstrapServers },
    {
      what: '  its tools',
      where: `${bin('kafka-topics')} --list (also kafka-console-consumer, kafka-consumer-groups, …)`,
    },
    ...flinkLook(local, bin),
    ...sparkLook(local, bin),
    ...pinotLook(local),
    ...(local.ksqldb === null ? [] : [{ what: 'ksqlDB', where: local.ksqldb.url }]),
    { what: 'What runs', where: 'pipec status' },
    { what: "A topic's records", where: 'pipec tail <topic>' },
    { what: 'Logs', where: join(relative(cwd, folder), 'logs') },
  ]
}

function flinkLook({ flink }: Local, bin: (name: string) => string): Look {
  if (flink === null) return []
  return [
    { what: 'Flink', where: flink.rest },
    { what: '  its SQL shell', where: `${bin('flink-sql')} (SQL Gateway: ${flink.gateway})` },
  ]
}

function sparkLook({ spark }: Local, bin: (name: string) => string): Look {
  if (spark === null) return []
  return [
    { what: 'Spark', where: spark.ui },
    { what: '  its shell', where: `${bin('pyspark')} (master: ${spark.master})` },
  ]
}

function pinotLook({ pinot }: Local): Look {
  if (pinot === null) return []
  return [
    { what: 'Pinot', where: pinot.controller },
    { what: '  its SQL shell', where: `${pinot.controller}/#/query` },
  ]
}
