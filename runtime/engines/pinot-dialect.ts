/**
 * What a table must look like for the Pinot that runs. generated/ holds the form of 1.x; 0.11.0, which is what package
 * registries carry whole, wants other names and knows less (each difference seen on a real 0.11.0).
 */
import { type Documents, type Fields, withStream } from './pinot-documents.ts'

/** `1.5.1` of `1.5.1-020ff0d…`. */
export type Version = string

export function isLegacy(version: Version): boolean {
  return version.startsWith('0.')
}

export function inDialect(documents: Documents, version: Version): Documents {
  if (!isLegacy(version)) return documents
  const { tableName, schema, realtime } = documents
  return { tableName, schema: legacySchema(schema), realtime: legacyTable(tableName, realtime) }
}

function legacySchema({ enableColumnBasedNullHandling: _, dimensionFieldSpecs, ...schema }: Fields): Fields {
  return { ...schema, dimensionFieldSpecs: ((dimensionFieldSpecs ?? []) as Fields[]).map(legacyDimension) }
}

/** "Unsupported dimension/time data type: BIG_DECIMAL". */
function legacyDimension(column: Fields): Fields {
  if (column.dataType !== 'BIG_DECIMAL') return column
  return { name: column.name, dataType: 'STRING', defaultNullValue: '\u2400' }
}

function legacyTable(table: string, { ingestionConfig, ...realtime }: Fields): Fields {
  const { segmentTimeValueCheck: _, ...ingestion } = ingestionConfig as Fields
  const segments = realtime.segmentsConfig as Fields
  return withStream(
    {
      ...realtime,
      segmentsConfig: { ...segments, schemaName: table, replicasPerPartition: segments.replication },
      ingestionConfig: ingestion,
    },
    legacyStream,
  )
}

function legacyStream(stream: Fields): Fields {
  return {
    ...stream,
    'stream.kafka.consumer.factory.class.name': 'org.apache.pinot.plugin.stream.kafka20.KafkaConsumerFactory',
  }
}
