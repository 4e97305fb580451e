import type { KafkaSecurity } from '../endpoints.ts'

/**
 * The Kafka source's and sink's options of a secured broker. They hold the password: they travel in the driver's
 * environment, never in its arguments. A certificate's path is one that the workers can read.
 */
export function kafkaOptions(security: KafkaSecurity): Readonly<Record<string, string>> {
  const { protocol, ca } = security
  return {
    'kafka.security.protocol': protocol,
    ...(ca === null ? {} : { 'kafka.ssl.truststore.type': 'PEM', 'kafka.ssl.truststore.location': ca }),
    ...login(security),
  }
}

function login({ mechanism, username, password }: KafkaSecurity): Readonly<Record<string, string>> {
  if (mechanism === null) return {}
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const user = `username=${quoted(username ?? '')} password=${quoted(password ?? '')}`
  return {
    'kafka.sasl.mechanism': mechanism,
    'kafka.sasl.jaas.config': `org.apache.kafka.common.security.${module} required ${user};`,
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
