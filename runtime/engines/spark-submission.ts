/** The two drivers that pipec submits: a job, and the removal of a job's checkpoints. */
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { SparkEndpoint, SparkFiles } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Context } from './engine.ts'
import { sparkEndpoint } from './spark-cluster.ts'
import { bootstrap, checkpointsOf, digits, driverName, removal, removerName } from './spark-driver.ts'
import { kafkaOptions } from './spark-security.ts'

/** The version of the request's own format; a master of another version takes it too. */
const clientVersion = '4.2.0'

export function jobSubmission(desired: SparkJobResource, context: Context): object {
  const endpoint = sparkEndpoint(context)
  const files = filesOf(endpoint, context)
  const name = driverName(desired)
  return {
    ...pythonDriver(endpoint, name, bootstrap),
    environmentVariables: transportable(environment(desired, name, files, context)),
    sparkProperties: {
      'spark.app.name': name,
      'spark.pipec.hash': desired.hash,
      'spark.driver.memory': '1g',
      'spark.executor.memory': '1g',
      'spark.cores.max': '2',
      ...(files.jars.length === 0 ? {} : { 'spark.jars': files.jars.join(',') }),
      'spark.pyspark.python': files.python,
      ...driverAddress(endpoint.master),
    },
  }
}

export function removalSubmission(name: string, context: Context): object {
  const endpoint = sparkEndpoint(context)
  const files = filesOf(endpoint, context)
  return {
    ...pythonDriver(endpoint, removerName(name), removal),
    environmentVariables: { PIPEC_CHECKPOINTS: checkpointsOf(files.checkpoints, name) },
    sparkProperties: {
      'spark.app.name': removerName(name),
      'spark.driver.memory': '512m',
      'spark.pyspark.python': files.python,
    },
  }
}

/**
 * Without `--master` among the arguments Spark ignores the property and runs the job inside the driver. The program comes
 * with the arguments and not in a file: `spark-internal` is Spark's word for that, and its Python runner hands `-c` on.
 */
function pythonDriver({ master }: SparkEndpoint, name: string, program: string) {
  const runner = ['--class', 'org.apache.spark.deploy.PythonRunner', 'spark-internal', '-c', '', program]
  return {
    action: 'CreateSubmissionRequest',
    appResource: '',
    clientSparkVersion: clientVersion,
    mainClass: 'org.apache.spark.deploy.SparkSubmit',
    appArgs: ['--master', master, '--name', name, ...runner],
  } as const
}

function filesOf({ files }: SparkEndpoint, { endpoints }: Context): SparkFiles {
  if (files !== null) return files
  throw new Failure(
    `The environment ${endpoints.environment} does not say where Spark may keep its checkpoints.`,
    {
      next: 'Name a folder that all workers can write to (hdfs://, s3a://, a shared mount): `spark: { checkpoints: … }`.',
    },
  )
}

function environment(
  desired: SparkJobResource,
  name: string,
  files: SparkFiles,
  { endpoints: { kafka }, read, hold }: Context,
): Readonly<Record<string, string>> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: kafka.engineBootstrapServers,
    PIPEC_APP_NAME: name,
    PIPEC_CHECKPOINT: `${checkpointsOf(files.checkpoints, desired.name)}/${digits(desired.stateHash)}`,
    PIPEC_SCRIPT: Buffer.from(read(desired.file), 'utf8').toString('base64'),
    ...(hold === undefined ? {} : { PIPEC_HOLD: hold.topic }),
    ...(kafka.security === null ? {} : { PIPEC_KAFKA_OPTIONS: kafkaOptions(kafka.security) }),
  }
}

/** Linux starts no process with a longer variable, its name and what ends it included; Spark's driver would end without a word. */
const longestVariable = 131_072

function transportable(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const long = Object.entries(variables).find(
    ([name, value]) => Buffer.byteLength(`${name}=${value}`) >= longestVariable,
  )
  if (long === undefined) return variables
  const what =
    long[0] === 'PIPEC_KAFKA_OPTIONS'
      ? "The certificates of Kafka's authority are"
      : 'The script of the job is'
  throw new Failure(`${what} too long for Spark: ${long[0]} would have more than 128 KiB.`, {
    next:
      long[0] === 'PIPEC_KAFKA_OPTIONS'
        ? "Let `ca` name a file with the one authority that has signed the brokers' certificates."
        : 'Split the pipeline into several.',
  })
}

/** A master on this machine's loopback has its drivers there too; a host name may lead elsewhere. */
function driverAddress(master: string): Readonly<Record<string, string>> {
  const host = /^spark:\/\/(127\.0\.0\.1|localhost):/.exec(master)?.[1]
  return host === undefined ? {} : { 'spark.driver.host': host, 'spark.driver.bindAddress': host }
}
