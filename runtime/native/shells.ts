/** Each engine's own shells as short scripts in `.pipec/bin`, because the fetched packages come without theirs. */
import { flinkClassPath, flinkModules } from './flink.ts'
import { loggingFile, type Setup } from './service.ts'
import type { SparkHome } from './spark.ts'

type Files = Readonly<Record<string, string>>

const kafkaTools = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
} as const

export function kafkaShells(setup: Setup, lib: string): Files {
  const server = ['--bootstrap-server', `127.0.0.1:${setup.ports.kafka}`]
  const scripts = Object.entries(kafkaTools).map(([name, tool]) =>
    script(setup, name, {}, [
      setup.java,
      '-Xmx256m',
      '-Dlog4j2.level=WARN',
      '-cp',
      `${lib}/*`,
      tool,
      ...server,
    ]),
  )
  return Object.fromEntries(scripts)
}

export function flinkShells(setup: Setup, home: string): Files {
  const classPath = `${flinkClassPath(home)}:${home}/python/pyflink/opt/*`
  const gateway = ['gateway', '--endpoint', `127.0.0.1:${setup.ports.flinkGateway}`]
  const client = 'org.apache.flink.table.client.SqlClient'
  return Object.fromEntries([
    script(setup, 'flink-sql', { FLINK_CONF_DIR: `${setup.folder}/conf/flink` }, [
      ...[setup.java, '-Xmx256m', `-Dlog.file=${setup.folder}/logs/flink-sql.log`, ...quiet(setup)],
      ...[...flinkModules, '-cp', classPath, client, ...gateway],
    ]),
  ])
}

export function sparkShells(setup: Setup, spark: SparkHome): Files {
  const env = {
    SPARK_HOME: spark.home,
    SPARK_CONF_DIR: `${setup.folder}/conf/spark`,
    SPARK_LOCAL_IP: '127.0.0.1',
    PYSPARK_PYTHON: spark.python,
  }
  const options = [
    ...['--master', `spark://127.0.0.1:${setup.ports.sparkMaster}`, '--jars', spark.jars.join(',')],
    // Otherwise a shell leaves Hive's metastore_db and derby.log in the folder that it was opened in.
    ...['--conf', 'spark.sql.catalogImplementation=in-memory', '--conf', 'spark.driver.host=127.0.0.1'],
  ]
  return Object.fromEntries(
    ['pyspark', 'spark-submit'].map((name) =>
      script(setup, name, env, [`${spark.home}/bin/${name}`, ...options]),
    ),
  )
}

function quiet(setup: Setup): readonly string[] {
  return [`-Dlog4j.configurationFile=${loggingFile(setup)}`, '-Dlog4j2.level=WARN']
}

function script(
  setup: Setup,
  name: string,
  env: Readonly<Record<string, string>>,
  words: readonly string[],
): readonly [path: string, text: string] {
  const exports = Object.entries(env).map(([key, value]) => `export ${key}=${quote(value)}\n`)
  return [
    `${setup.folder}/bin/${name}`,
    `#!/bin/sh\n${exports.join('')}exec ${words.map(quote).join(' ')} "$@"\n`,
  ]
}

/** For a shell: in single quotes unless it is plainly harmless. */
export function quote(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
