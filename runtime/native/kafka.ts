/** Kafka: one node that is broker and controller. */
import { randomUUID } from 'node:crypto'
import { type EnginePlan, javaOptions, properties, type Service, type Setup } from './service.ts'

/** `lib` holds the jars. */
export function kafkaPlan(setup: Setup, lib: string): EnginePlan {
  const file = `${setup.folder}/conf/kafka.properties`
  const data = `${setup.folder}/data/kafka`
  return {
    services: [broker(setup, lib, file, data)],
    files: { [file]: properties(serverProperties(setup, data)) },
    folders: [data],
  }
}

function broker(setup: Setup, lib: string, file: string, data: string): Service {
  const classPath = ['-cp', `${lib}/*`]
  return {
    name: 'kafka',
    engine: 'kafka',
    title: 'Kafka',
    program: setup.java,
    args: [...javaOptions(setup, 512), ...classPath, 'kafka.Kafka', file],
    env: {},
    ports: [setup.ports.kafka, setup.ports.kafkaController],
    after: [],
    first: {
      args: [
        ...javaOptions(setup, 256),
        ...classPath,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        clusterId(),
        '-c',
        file,
      ],
      makes: `${data}/meta.properties`,
    },
    ready: [{ kind: 'kafka', port: setup.ports.kafka }],
  }
}

/** Kafka's own form: a UUID's 16 bytes in base 64; it must not begin like an option. */
function clusterId(): string {
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex')
  return bytes.toString('base64url').replace(/^-/, 'A')
}

const forEver = '9223372036854775807'

function serverProperties(setup: Setup, data: string): Readonly<Record<string, string | number>> {
  const { kafka, kafkaController } = setup.ports
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${kafkaController}`,
    listeners: `PLAINTEXT://127.0.0.1:${kafka},CONTROLLER://127.0.0.1:${kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${kafka}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Without a group's places, which go after a week, nobody knows that a topic is still the one that the group has read.
    'offsets.retention.minutes': 2_147_483_647,
    // ksqlDB writes event time as the record's time stamp; Kafka 4 takes no more than an hour ahead of the clock.
    'log.message.timestamp.before.max.ms': forEver,
    'log.message.timestamp.after.max.ms': forEver,
  }
}
