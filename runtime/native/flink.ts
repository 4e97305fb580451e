/** Flink: a session cluster of one JobManager and one TaskManager, and the SQL Gateway. */
import { answers, type EnginePlan, javaOptions, type Service, type Setup } from './service.ts'

/** `home` is the fetched set: jars of the distribution in `python/pyflink/lib`, the gateway and Kafka connector in `lib`. */
export function flinkPlan(setup: Setup, home: string): EnginePlan {
  const conf = `${setup.folder}/conf/flink`
  const data = `${setup.folder}/data/flink`
  return {
    services: [jobManager(setup, home, conf), taskManager(setup, home, conf), gateway(setup, home, conf)],
    files: { [`${conf}/config.yaml`]: configuration(setup, data) },
    folders: [`${data}/checkpoints`, `${data}/savepoints`],
  }
}

export function flinkClassPath(home: string): string {
  return `${home}/python/pyflink/lib/*:${home}/lib/*`
}

function jobManager(setup: Setup, home: string, conf: string): Service {
  return {
    ...common(setup, home, conf),
    name: 'flink-jobmanager',
    title: "Flink's JobManager",
    args: [
      ...flinkJava(setup, 512, home),
      'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint',
      ...['-c', conf, '--host', '127.0.0.1'],
    ],
    ports: [setup.ports.flinkRest, setup.ports.flinkRpc],
    ready: [answers(`http://127.0.0.1:${setup.ports.flinkRest}/overview`)],
  }
}

function taskManager(setup: Setup, home: string, conf: string): Service {
  return {
    ...common(setup, home, conf),
    name: 'flink-taskmanager',
    title: "Flink's TaskManager",
    args: [
      ...flinkJava(setup, memory.frameworkHeap + memory.taskHeap, home),
      `-XX:MaxDirectMemorySize=${memory.frameworkOffHeap + memory.taskOffHeap + memory.network}m`,
      'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
      ...['-c', conf],
    ],
    ports: [],
    ready: [
      {
        kind: 'http',
        url: `http://127.0.0.1:${setup.ports.flinkRest}/overview`,
        holds: (text) => (JSON.parse(text) as { taskmanagers: number }).taskmanagers > 0,
      },
    ],
  }
}

function gateway(setup: Setup, home: string, conf: string): Service {
  return {
    ...common(setup, home, conf),
    name: 'flink-gateway',
    title: "Flink's SQL Gateway",
    args: [...flinkJava(setup, 768, home), 'org.apache.flink.table.gateway.SqlGateway'],
    ports: [setup.ports.flinkGateway],
    ready: [answers(`http://127.0.0.1:${setup.ports.flinkGateway}/v1/info`)],
  }
}

function common(
  setup: Setup,
  home: string,
  conf: string,
): Pick<Service, 'engine' | 'program' | 'env' | 'after' | 'first'> {
  return {
    engine: 'flink',
    program: setup.java,
    env: {
      FLINK_CONF_DIR: conf,
      FLINK_LIB_DIR: `${home}/python/pyflink/lib`,
      FLINK_PLUGINS_DIR: `${home}/python/pyflink/plugins`,
    },
    after: [],
    first: null,
  }
}

function flinkJava(setup: Setup, megabytes: number, home: string): readonly string[] {
  return [
    ...javaOptions(setup, megabytes),
    '-XX:MaxMetaspaceSize=256m',
    ...flinkModules,
    '-cp',
    flinkClassPath(home),
  ]
}

/** In MB. The launch script would derive these; without it the TaskManager demands each one. */
const memory = {
  frameworkHeap: 128,
  frameworkOffHeap: 128,
  taskHeap: 1024,
  taskOffHeap: 64,
  network: 128,
  /** 64 MB a slot, taken as jobs need it. */
  managed: 512,
  metaspace: 256,
  overhead: 192,
} as const

function configuration(setup: Setup, data: string): string {
  const { flinkRest, flinkRpc, flinkGateway } = setup.ports
  return `jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: ${flinkRpc}
jobmanager.bind-host: 127.0.0.1
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: ${flinkRest}
sql-gateway.endpoint.rest.address: 127.0.0.1
sql-gateway.endpoint.rest.bind-address: 127.0.0.1
sql-gateway.endpoint.rest.port: ${flinkGateway}
# A TaskManager that is up before its JobManager asks again after this, by default only after 10 s.
cluster.registration.error-delay: 500 ms
# A TaskManager that was killed is gone from the list within seconds, so that a new one is not taken for it.
heartbeat.interval: 2 s
# And a JobManager that was killed is missed by its TaskManager, which otherwise waits 50 s before it turns to the next one.
heartbeat.timeout: 20 s
# How old the numbers may be that \`pipec status\` shows: ten seconds by default.
metrics.fetcher.update-interval: 1 s
taskmanager.numberOfTaskSlots: 8
taskmanager.cpu.cores: 8.0
taskmanager.memory.framework.heap.size: ${memory.frameworkHeap}m
taskmanager.memory.framework.off-heap.size: ${memory.frameworkOffHeap}m
taskmanager.memory.task.heap.size: ${memory.taskHeap}m
taskmanager.memory.task.off-heap.size: ${memory.taskOffHeap}m
taskmanager.memory.network.min: ${memory.network}m
taskmanager.memory.network.max: ${memory.network}m
taskmanager.memory.managed.size: ${memory.managed}m
taskmanager.memory.jvm-metaspace.size: ${memory.metaspace}m
taskmanager.memory.jvm-overhead.min: ${memory.overhead}m
taskmanager.memory.jvm-overhead.max: ${memory.overhead}m
execution.checkpointing.dir: ${JSON.stringify(`file://${data}/checkpoints`)}
execution.checkpointing.savepoint-dir: ${JSON.stringify(`file://${data}/savepoints`)}
# Kept when a job is cancelled or its cluster ends, so that it can go on from there.
execution.checkpointing.externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
execution.checkpointing.num-retained: 2
# Seconds for which a job that has ended is known, and so can go on: an hour by default.
jobstore.expiration-time: 86400
`
}

/** The list under env.java.opts.all in the configuration that Flink 2.2's distribution ships. */
export const flinkModules = [
  'java.rmi/sun.rmi.registry',
  'jdk.compiler/com.sun.tools.javac.api',
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.compiler/com.sun.tools.javac.parser',
  'jdk.compiler/com.sun.tools.javac.tree',
  'jdk.compiler/com.sun.tools.javac.util',
  'java.security.jgss/sun.security.krb5',
]
  .map((name) => `--add-exports=${name}=ALL-UNNAMED`)
  .concat(
    [
      'lang',
      'net',
      'io',
      'nio',
      'lang.reflect',
      'text',
      'time',
      'util',
      'util.concurrent',
      'util.concurrent.atomic',
      'util.concurrent.locks',
    ].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
    ['--add-opens=java.base/sun.nio.ch=ALL-UNNAMED'],
  )
