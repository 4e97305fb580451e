import type { KafkaSecurity } from '../endpoints.ts'
import { inAscii } from '../text.ts'
import { clientSettings } from './java-client.ts'

/**
 * The Kafka source's and sink's options of a secured broker, as JSON. They hold the password: they travel in the driver's
 * environment, never in its arguments. In ASCII, because a JVM under a plain C locale loses other letters of its environment.
 */
export function kafkaOptions(security: KafkaSecurity): string {
  const options = Object.entries(clientSettings(security)).map(([key, value]) => [`kafka.${key}`, value])
  return inAscii(JSON.stringify(Object.fromEntries(options)))
}
