/** The schema and the table as JSON: read from generated/, filled in for an environment, marked as ours. */
import type { PinotTableResource } from '../../compiler/manifest.ts'
import type { Context } from './engine.ts'
import { clientSettings } from './java-client.ts'

export type Fields = { readonly [key: string]: unknown }

/** The body of `POST /tableConfigs`: both at once, so that neither is ever there without the other for long. */
export interface Documents {
  readonly tableName: string
  readonly schema: Fields
  readonly realtime: Fields
}

/** In `metadata.customConfigs`, which Pinot keeps through every request and restart. */
export const marks = { pipeline: 'pipec.pipeline', hash: 'pipec.hash', topic: 'pipec.topic' } as const

/**
 * The files of generated/ with the environment's brokers and security in them; `$comment` is only for readers. Pinot hands the
 * settings of Kafka's client on as they are, and keeps them in its table configuration, password and all.
 */
export function wantedDocuments(resource: PinotTableResource, context: Context): Documents {
  const { engineBootstrapServers, security } = context.endpoints.kafka
  const realtime = parse(context.read(resource.tableFile))
  return {
    tableName: resource.table,
    schema: parse(context.read(resource.schemaFile)),
    realtime: withStream(realtime, (stream) => ({
      ...stream,
      'stream.kafka.broker.list': engineBootstrapServers,
      ...(security === null ? {} : clientSettings(security)),
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
