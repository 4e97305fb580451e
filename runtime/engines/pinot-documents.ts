/** The schema and the table as JSON: read from generated/, filled in for an environment, marked as ours. */
import { readFileSync } from 'node:fs'
import type { PinotTableResource } from '../../compiler/manifest.ts'
import type { KafkaSecurity } from '../endpoints.ts'
import { Failure } from '../failure.ts'
import type { Context } from './engine.ts'

export type Fields = { readonly [key: string]: unknown }

/** The body of `POST /tableConfigs`: both at once, so that neither is ever there without the other for long. */
export interface Documents {
  readonly tableName: string
  readonly schema: Fields
  readonly realtime: Fields
}

/** In `metadata.customConfigs`, which Pinot keeps through every request and restart. */
export const marks = { pipeline: 'pipec.pipeline', hash: 'pipec.hash', topic: 'pipec.topic' } as const

/** The files of generated/ with the environment's brokers and security in them; `$comment` is only for readers. */
export function wantedDocuments(resource: PinotTableResource, context: Context): Documents {
  const { engineBootstrapServers, security } = context.endpoints.kafka
  const realtime = parse(context.read(resource.tableFile))
  return {
    tableName: resource.table,
    schema: parse(context.read(resource.schemaFile)),
    realtime: withStream(realtime, (stream) => ({
      ...stream,
      'stream.kafka.broker.list': engineBootstrapServers,
      ...(security === null ? {} : securityOf(security)),
    })),
  }
}

function parse(text: string): Fields {
  const { $comment: _, ...document } = JSON.parse(text) as Fields
  return document
}

/** What apply adds, so that the next plan knows what it did. `topic` is the topic's own mark, null where it has none. */
export function marked(documents: Documents, hash: string, topic: string | null): Documents {
  const custom = { ...customOf(documents.realtime), [marks.hash]: hash }
  const customConfigs = topic === null ? custom : { ...custom, [marks.topic]: topic }
  return { ...documents, realtime: { ...documents.realtime, metadata: { customConfigs } } }
}

export function customOf(realtime: Fields): Readonly<Record<string, string>> {
  const { customConfigs } = (realtime.metadata ?? {}) as { customConfigs?: Record<string, string> | null }
  return customConfigs ?? {}
}

/** The one stream of the table; empty for a table that keeps it elsewhere. */
export function streamOf(realtime: Fields): Fields {
  return streamsOf(realtime)[0] ?? {}
}

function streamsOf(realtime: Fields): readonly Fields[] {
  const ingestion = (realtime.ingestionConfig ?? {}) as {
    streamIngestionConfig?: { streamConfigMaps?: Fields[] }
  }
  return ingestion.streamIngestionConfig?.streamConfigMaps ?? []
}

export function withStream(realtime: Fields, change: (stream: Fields) => Fields): Fields {
  const streamConfigMaps = streamsOf(realtime).map(change)
  return {
    ...realtime,
    ingestionConfig: {
      ...(realtime.ingestionConfig as Fields),
      streamIngestionConfig: { streamConfigMaps },
    },
  }
}

/** Settings whose values are never shown. */
export function isSecret(setting: string): boolean {
  return /^(security|sasl|ssl)\./.test(setting)
}

/**
 * Settings of Kafka's own consumer, which Pinot hands on as they are. Pinot stores them in its table configuration, where
 * whoever may read that can read the password. The authority goes along as text: Pinot's machines may not have the file.
 */
function securityOf(security: KafkaSecurity): Fields {
  const jaas = jaasOf(security)
  return {
    'security.protocol': security.protocol,
    ...(jaas === null ? {} : { 'sasl.mechanism': security.mechanism, 'sasl.jaas.config': jaas }),
    ...(security.ca === null
      ? {}
      : { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': certificates(security.ca) }),
  }
}

function jaasOf({ mechanism, username, password }: KafkaSecurity): string | null {
  if (mechanism === null || username === null || password === null) return null
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const login = `username=${quoted(username)} password=${quoted(password)}`
  return `org.apache.kafka.common.security.${module} required ${login};`
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
