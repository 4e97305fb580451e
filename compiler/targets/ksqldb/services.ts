/** One ksqlDB server, to be asked by `docker compose exec ksqldb ksql`, which is its own shell. */
import type { ComposeServices } from '../target.ts'

export const ksqldbServices: ComposeServices = {
  services: {
    ksqldb: {
      image: 'confluentinc/cp-ksqldb-server:8.3.1',
      hostname: 'ksqldb',
      profiles: ['ksqldb'],
      ports: ['127.0.0.1:8088:8088'],
      environment: {
        KSQL_BOOTSTRAP_SERVERS: 'kafka:29092',
        KSQL_LISTENERS: 'http://0.0.0.0:8088',
        KSQL_KSQL_SERVICE_ID: 'default_',
        KSQL_KSQL_STREAMS_STATE_DIR: '/var/lib/ksqldb/state',
        KSQL_KSQL_LOGGING_PROCESSING_TOPIC_AUTO_CREATE: 'true',
        KSQL_KSQL_LOGGING_PROCESSING_STREAM_AUTO_CREATE: 'false',
        KSQL_HEAP_OPTS: '-Xmx1g',
        // A time stamp without a zone is read in the zone of the server.
        TZ: 'UTC',
      },
      volumes: ['ksqldb-state:/var/lib/ksqldb'],
      depends_on: { kafka: { condition: 'service_healthy' } },
      healthcheck: {
        test: ['CMD', 'curl', '-fsS', 'http://127.0.0.1:8088/healthcheck'],
        interval: '5s',
        timeout: '5s',
        retries: 36,
        start_period: '30s',
      },
      mem_limit: '2g',
      restart: 'unless-stopped',
    },
  },
  volumes: ['ksqldb-state'],
}
