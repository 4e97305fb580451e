/** What Kafka's own Java client, which the engines use, has to be told of a secured broker. */
import type { KafkaSecurity } from '../endpoints.ts'
import { authority } from './kafka-authority.ts'

/**
 * Settings by the client's names; they hold the password. The authority goes along as text: the machines that run the
 * client may not have the file. Throws Failure when it cannot be read here.
 * @param shaded what stands before the names of the client's classes, where an engine brings it under names of its own.
 */
export function clientSettings(security: KafkaSecurity, shaded = ''): Readonly<Record<string, string>> {
  const { protocol, ca } = security
  return {
    'security.protocol': protocol,
    ...loginOf(security, shaded),
    ...(ca === null ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': authority(ca) }),
  }
}

function loginOf(
  { mechanism, username, password }: KafkaSecurity,
  shaded: string,
): Readonly<Record<string, string>> {
  if (mechanism === null || username === null || password === null) return {}
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const login = `username=${quoted(username)} password=${quoted(password)}`
  return {
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `${shaded}org.apache.kafka.common.security.${module} required ${login};`,
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}
