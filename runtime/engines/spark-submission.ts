/** The two drivers that pipec submits: a job, and the removal of a job's checkpoints. */
import type { SparkJobResource } from '../../compiler/manifest.ts'
import type { SparkFiles } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Context } from './engine.ts'
import { type SparkEndpoint, sparkEndpoint } from './spark-cluster.ts'
import { bootstrap, checkpointsOf, digits, driverName, removerClass } from './spark-driver.ts'
import { kafkaOptions } from './spark-security.ts'

/** The version of the request's own format; a master of another version takes it too. */
const clientVersion = '4.2.0'

/**
 * Without `--master` among the arguments Spark ignores the property and runs the job inside the driver. The script comes
 * in the environment: `spark-internal` is Spark's word for "no file", and its Python runner hands `-c` on.
 */
export function jobSubmission(desired: SparkJobResource, context: Context): object {
  const endpoint = sparkEndpoint(context)
  const files = filesOf(endpoint, context)
  const name = driverName(desired)
  const runner = ['--class', 'org.apache.spark.deploy.PythonRunner', 'spark-internal', '-c', '', bootstrap]
  return {
    ...request,
    mainClass: 'org.apache.spark.deploy.SparkSubmit',
    appArgs: ['--master', endpoint.master, '--name', name, ...runner],
    environmentVariables: environment(desired, name, files, context),
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
  const folder = checkpointsOf(filesOf(endpoint, context).checkpoints, name)
  return {
    ...request,
    mainClass: removerClass,
    appArgs: ['-rm', '-r', '-f', '-skipTrash', folder],
    environmentVariables: {},
    sparkProperties: { 'spark.app.name': `${name} checkpoints`, 'spark.driver.memory': '512m' },
  }
}

const request = {
  action: 'CreateSubmissionRequest',
  appResource: '',
  clientSparkVersion: clientVersion,
} as const

function filesOf({ files }: SparkEndpoint, { endpoints }: Context): SparkFiles {
  if (files !== null) return files
  throw new Failure(
    `The environment ${endpoints.environment} does not say where Spark may keep its checkpoints.`,
    {
      next: 'Name a folder that all workers reach (hdfs://, s3a://, or a shared mount) in its `spark`.',
    },
  )
}

function environment(
  desired: SparkJobResource,
  name: string,
  files: SparkFiles,
  { endpoints: { kafka }, read }: Context,
): Readonly<Record<string, string>> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: kafka.engineBootstrapServers,
    PIPEC_APP_NAME: name,
    PIPEC_CHECKPOINT: `${checkpointsOf(files.checkpoints, desired.name)}/${digits(desired.stateHash)}`,
    PIPEC_SCRIPT: Buffer.from(read(desired.file), 'utf8').toString('base64'),
    ...(kafka.security === null ? {} : { PIPEC_KAFKA_OPTIONS: JSON.stringify(kafkaOptions(kafka.security)) }),
  }
}

/** A master on this machine's loopback has its drivers there too; a host name may lead elsewhere. */
function driverAddress(master: string): Readonly<Record<string, string>> {
  const host = /^spark:\/\/(127\.0\.0\.1|localhost):/.exec(master)?.[1]
  return host === undefined ? {} : { 'spark.driver.host': host, 'spark.driver.bindAddress': host }
}
