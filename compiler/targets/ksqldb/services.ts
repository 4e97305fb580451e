/**
 * One ksqlDB server; `docker compose exec ksqldb ksql` is its own shell. It needs no volume: what it knows is in a topic of
 * Kafka, and it restores its state from others.
 */
import type { ComposeServices } from '../target.ts'

/**
 * By bash alone: images of late are built on ubi9-micro, which has no curl (Dockerfile.ubi9 of confluentinc/ksql-images).
 * The server as a whole is healthy where a comma follows; its parts stand behind.
 */
const healthy = [
  'exec 3<>/dev/tcp/127.0.0.1/8088',
  String.raw`printf 'GET /healthcheck HTTP/1.0\r\n\r\n' >&3`,
  "IFS= read -r -d '' -t 4 answer <&3",
  `[[ $answer == *'"isHealthy":true,'* ]]`,
].join('; ')

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
        KSQL_HEAP_OPTS: '-Xmx1g',
        // A time stamp without a zone is read in the zone of the server.
        TZ: 'UTC',
      },
      depends_on: { kafka: { condition: 'service_healthy' } },
      healthcheck: {
        test: ['CMD', 'bash', '-c', healthy],
        interval: '5s',
        timeout: '5s',
        retries: 36,
        start_period: '30s',
      },
      mem_limit: '2g',
      restart: 'unless-stopped',
    },
  },
  volumes: [],
}
