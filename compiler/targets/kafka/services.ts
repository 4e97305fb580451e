/** A broker that engines reach as `kafka:29092` and this machine as 127.0.0.1:9092, and a page to look at its topics. */
import { exchange, healthcheck } from '../../healthcheck.ts'
import type { ComposeServices } from '../target.ts'

/**
 * Metadata, version 1, for no topic. Behind the length and the request's number come four bytes that count the brokers which are
 * members of the cluster. Kafka's own tools would start a Java machine every five seconds.
 */
const isMember = exchange(
  'kafka:29092',
  String.raw`\0\0\0\x13\0\3\0\1\0\0\0\1\0\5pipec\0\0\0\0`,
  String.raw`[ -n "$(head -c 12 | tail -c 1 | tr -d '\0')" ]`,
)

export const kafkaServices: ComposeServices = {
  services: {
    kafka: {
      image: 'apache/kafka:4.3.1',
      hostname: 'kafka',
      ports: ['127.0.0.1:9092:9092'],
      environment: brokerEnvironment(),
      volumes: ['kafka-data:/var/lib/kafka/data'],
      healthcheck: healthcheck(isMember, '10s'),
      mem_limit: '1536m',
      restart: 'unless-stopped',
    },
    'kafka-ui': {
      image: 'ghcr.io/kafbat/kafka-ui:v1.5.0',
      ports: ['127.0.0.1:8080:8080'],
      environment: {
        KAFKA_CLUSTERS_0_NAME: 'local',
        KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: 'kafka:29092',
        JAVA_OPTS: '-Xmx384m',
      },
      depends_on: { kafka: { condition: 'service_healthy' } },
      healthcheck: {
        test: ['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/actuator/health'],
        interval: '5s',
        timeout: '5s',
        retries: 24,
        start_period: '20s',
      },
      mem_limit: '768m',
      restart: 'unless-stopped',
    },
  },
  volumes: ['kafka-data'],
}

/** Any KAFKA_ variable replaces the image's whole default file, so this is the full set that KRaft on one node needs. */
function brokerEnvironment(): Readonly<Record<string, string>> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'HOST://:9092,ENGINES://:29092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: 'HOST://127.0.0.1:9092,ENGINES://kafka:29092',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'HOST:PLAINTEXT,ENGINES:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'ENGINES',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@kafka:9093',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    // Kafka 4 refuses records more than an hour ahead of its clock; ksqlDB writes event time as the record's time.
    KAFKA_LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS: '9223372036854775807',
    KAFKA_HEAP_OPTS: '-Xmx512m',
  }
}
