/** How Flink's tables reach the environment's Kafka: options that apply adds and that no file ever holds. */
import type { KafkaEndpoint } from '../endpoints.ts'
import { clientSettings } from './java-client.ts'

/** The SQL connector brings Kafka's client under package names of its own (seen in 5.0.0-2.2). */
const shaded = 'org.apache.flink.kafka.shaded.'

/** `ALTER TABLE … SET`: the table's text in generated/ stays as it was reviewed. */
export function connect(table: string, { engineBootstrapServers, security }: KafkaEndpoint): string {
  const settings = {
    'bootstrap.servers': engineBootstrapServers,
    ...(security === null ? {} : clientSettings(security, shaded)),
  }
  const options = Object.entries(settings)
    .map(([key, value]) => `${quoted(`properties.${key}`)} = ${quoted(value)}`)
    .join(', ')
  return `ALTER TABLE \`${table.replaceAll('`', '``')}\` SET (${options})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
