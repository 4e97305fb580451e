/** How Flink's tables reach the environment's Kafka: options that apply adds and that no file ever holds. */
import { readFileSync } from 'node:fs'
import type { KafkaEndpoint, KafkaSecurity } from '../endpoints.ts'
import { Failure } from '../failure.ts'

/** The SQL connector brings Kafka's client under a package name of its own (seen in 5.0.0-2.2). */
const modules = {
  PLAIN: 'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.flink.kafka.shaded.org.apache.kafka.common.security.scram.ScramLoginModule',
} as const

/** `ALTER TABLE … SET`: the table's text in generated/ stays as it was reviewed. */
export function connect(table: string, endpoint: KafkaEndpoint): string {
  const options = Object.entries(optionsOf(endpoint))
    .map(([key, value]) => `${quoted(key)} = ${quoted(value)}`)
    .join(', ')
  return `ALTER TABLE \`${table.replaceAll('`', '``')}\` SET (${options})`
}

function optionsOf({ engineBootstrapServers, security }: KafkaEndpoint): Readonly<Record<string, string>> {
  return {
    'properties.bootstrap.servers': engineBootstrapServers,
    ...(security === null ? {} : { 'properties.security.protocol': security.protocol }),
    ...(security === null ? {} : saslOptions(security)),
    ...(security?.ca == null ? {} : trustOptions(security.ca)),
  }
}

function saslOptions({ mechanism, username, password }: KafkaSecurity): Readonly<Record<string, string>> {
  if (mechanism === null) return {}
  const login = `username="${escaped(username ?? '')}" password="${escaped(password ?? '')}"`
  return {
    'properties.sasl.mechanism': mechanism,
    'properties.sasl.jaas.config': `${modules[mechanism]} required ${login};`,
  }
}

/** The certificates themselves: a path would have to be there on every machine of the cluster. */
function trustOptions(path: string): Readonly<Record<string, string>> {
  return {
    'properties.ssl.truststore.type': 'PEM',
    'properties.ssl.truststore.certificates': certificates(path),
  }
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`Cannot read Kafka's certificate authority ${path}: ${(error as Error).message}`, {
      next: 'Check "ca" in the environment.',
      cause: error,
    })
  }
}

function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, '\\$&')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
