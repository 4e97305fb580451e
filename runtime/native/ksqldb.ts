/** ksqlDB: from a distribution that the user has, because no package registry carries one. */
import { Failure } from '../failure.ts'
import { type EnginePlan, loggingFile, properties, type Setup } from './service.ts'

/**
 * `home` is the distribution's folder, with `bin/ksql-server-start`. Throws Failure for a folder that its script (ksql-run-class)
 * would cut in two.
 */
export function ksqldbPlan(setup: Setup, home: string): EnginePlan {
  if (/\s/.test(setup.folder)) {
    throw new Failure(`ksqlDB's start script cannot take a path with a blank in it: ${setup.folder}`, {
      next: 'Move the project, or start ksqlDB yourself and set KSQLDB_URL to its address.',
    })
  }
  const file = `${setup.folder}/conf/ksqldb.properties`
  const data = `${setup.folder}/data/ksqldb`
  return {
    services: [
      {
        name: 'ksqldb',
        engine: 'ksqldb',
        title: 'ksqlDB',
        program: `${home}/bin/ksql-server-start`,
        args: [file],
        env: {
          KSQL_HEAP_OPTS: '-Xmx1g',
          KSQL_LOG4J_OPTS: `-Dlog4j2.configurationFile=${loggingFile(setup)}`,
          LOG_DIR: `${setup.folder}/logs`,
        },
        ports: [setup.ports.ksqldb],
        after: ['kafka'],
        first: null,
        ready: [
          {
            kind: 'http',
            url: `http://127.0.0.1:${setup.ports.ksqldb}/healthcheck`,
            holds: (text) => (JSON.parse(text) as { isHealthy: boolean }).isHealthy,
          },
        ],
      },
    ],
    files: {
      [file]: properties({
        listeners: `http://127.0.0.1:${setup.ports.ksqldb}`,
        'bootstrap.servers': `127.0.0.1:${setup.ports.kafka}`,
        'ksql.streams.state.dir': data,
      }),
    },
    folders: [data],
  }
}
