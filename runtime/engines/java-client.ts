/** What Kafka's own Java client has to be told of a secured broker. Pinot and Spark run it under its own name. */
import { readFileSync } from 'node:fs'
import type { KafkaSecurity } from '../endpoints.ts'
import { Failure } from '../failure.ts'

/**
 * Settings by the client's names; they hold the password. The authority goes along as text: the machines that run the
 * client may not have the file. Throws Failure when it cannot be read here.
 */
export function clientSettings(security: KafkaSecurity): Readonly<Record<string, string>> {
  const { protocol, ca } = security
  return {
    'security.protocol': protocol,
    ...loginOf(security),
    ...(ca === null ? {} : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': certificates(ca) }),
  }
}

function loginOf({ mechanism, username, password }: KafkaSecurity): Readonly<Record<string, string>> {
  if (mechanism === null || username === null || password === null) return {}
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const login = `username=${quoted(username)} password=${quoted(password)}`
  return {
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': `org.apache.kafka.common.security.${module} required ${login};`,
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function certificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`The certificate authority "${path}" cannot be read: ${(error as Error).message}.`, {
      next: "Check `ca` in the environment's Kafka security; it is the path of a PEM file.",
    })
  }
}
