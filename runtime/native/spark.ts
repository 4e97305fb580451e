/** Spark: a standalone master that takes submissions by REST, and one worker. */
import {
  answers,
  type EnginePlan,
  javaOptions,
  type Service,
  type Setup,
  temporaryFolder,
} from './service.ts'

export interface SparkHome {
  /** The pyspark package, which is laid out as a distribution. */
  readonly home: string
  readonly python: string
  /** What drivers and executors need to talk to Kafka. */
  readonly jars: readonly string[]
}

export function sparkPlan(setup: Setup, spark: SparkHome): EnginePlan {
  const data = `${setup.folder}/data/spark`
  const conf = `${setup.folder}/conf/spark`
  return {
    services: [master(setup, spark, conf), worker(setup, spark, conf, data)],
    files: {},
    folders: [conf, ...['work', 'checkpoints', 'scripts'].map((name) => `${data}/${name}`)],
  }
}

/** What the worker offers, whatever the machine has: a job takes two cores and 2 GB, one each for driver and executor. */
const offered = { cores: 8, memory: '12g' } as const

function master(setup: Setup, spark: SparkHome, conf: string): Service {
  const { sparkMaster, sparkUi, sparkRest } = setup.ports
  return {
    ...common(setup, spark, conf),
    name: 'spark-master',
    title: "Spark's master",
    args: [
      ...sparkJava(setup, spark, conf),
      '-Dspark.master.rest.enabled=true',
      '-Dspark.master.rest.host=127.0.0.1',
      `-Dspark.master.rest.port=${sparkRest}`,
      // Otherwise the first application takes every core and the next ones wait for ever.
      '-Dspark.deploy.defaultCores=1',
      'org.apache.spark.deploy.master.Master',
      ...['--host', '127.0.0.1', '--port', `${sparkMaster}`, '--webui-port', `${sparkUi}`],
    ],
    ports: [sparkMaster, sparkUi, sparkRest],
    after: [],
    ready: [
      answers(`http://127.0.0.1:${sparkRest}/v1/submissions/readyz`),
      answers(`http://127.0.0.1:${sparkUi}/json/`),
    ],
  }
}

function worker(setup: Setup, spark: SparkHome, conf: string, data: string): Service {
  const { sparkMaster, sparkUi, sparkWorkerUi } = setup.ports
  const shared = common(setup, spark, conf)
  return {
    ...shared,
    // Drivers and executors have Java options of their own; every `java` of Java 9 or newer takes these as well.
    env: { ...shared.env, JDK_JAVA_OPTIONS: `"-Djava.io.tmpdir=${temporaryFolder(setup.folder)}"` },
    name: 'spark-worker',
    title: "Spark's worker",
    args: [
      ...sparkJava(setup, spark, conf),
      // Folders of applications that have ended, with their copies of the jars, go after seven days.
      '-Dspark.worker.cleanup.enabled=true',
      'org.apache.spark.deploy.worker.Worker',
      `spark://127.0.0.1:${sparkMaster}`,
      ...['--host', '127.0.0.1', '--webui-port', `${sparkWorkerUi}`],
      ...['--cores', `${offered.cores}`, '--memory', offered.memory, '--work-dir', `${data}/work`],
    ],
    ports: [sparkWorkerUi],
    // A worker whose first attempt finds no master waits up to 15 s before the next.
    after: ['spark-master'],
    ready: [
      {
        kind: 'http',
        url: `http://127.0.0.1:${sparkUi}/json/`,
        holds: (text) => (JSON.parse(text) as { aliveworkers: number }).aliveworkers > 0,
      },
    ],
  }
}

type Common = Pick<Service, 'engine' | 'program' | 'env' | 'first'>

function common(setup: Setup, spark: SparkHome, conf: string): Common {
  return {
    engine: 'spark',
    program: setup.java,
    env: {
      SPARK_HOME: spark.home,
      SPARK_CONF_DIR: conf,
      SPARK_LOCAL_DIRS: temporaryFolder(setup.folder),
      SPARK_LOCAL_IP: '127.0.0.1',
      // Without it the worker looks for the folders of a build of Spark itself, and can start no driver.
      SPARK_SCALA_VERSION: '2.13',
      PYSPARK_PYTHON: spark.python,
    },
    first: null,
  }
}

function sparkJava(setup: Setup, spark: SparkHome, conf: string): readonly string[] {
  return [...modules, ...javaOptions(setup, 512), '-cp', `${conf}:${spark.home}/jars/*`]
}

/** As org.apache.spark.launcher.JavaModuleOptions of Spark 4.2 gives them. */
const modules = [
  '-XX:+IgnoreUnrecognizedVMOptions',
  '--add-modules=jdk.incubator.vector',
  ...[
    'java.lang',
    'java.lang.invoke',
    'java.lang.reflect',
    'java.io',
    'java.net',
    'java.nio',
    'java.util',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'jdk.internal.ref',
    'sun.nio.ch',
    'sun.nio.cs',
    'sun.security.action',
    'sun.util.calendar',
  ].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  '--add-opens=java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Dio.netty.allocator.type=pooled',
  '-Dio.netty.handler.ssl.defaultEndpointVerificationAlgorithm=NONE',
  '--sun-misc-unsafe-memory-access=allow',
  '--enable-native-access=ALL-UNNAMED',
]
