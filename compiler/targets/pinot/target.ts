/** Pinot: one upsert table for each result topic that it serves. */
import type { Pipeline } from '../../ir.ts'
import type { ResourceDraft } from '../../manifest.ts'
import { type Artifact, type ComposeServices, everything, type Target } from '../target.ts'
import { type ServedTopic, servedTopics, tableName } from './names.ts'
import { schema } from './schema.ts'
import { pinotConfiguration, pinotServices } from './services.ts'
import { table } from './table.ts'

/** It computes nothing: whatever the engines can write it can serve. */
export const pinot: Target = { name: 'pinot', capabilities: everything, emit, resources, services }

function emit(pipeline: Pipeline): readonly Artifact[] {
  const served = servedTopics(pipeline)
  if (served.length === 0) return []
  return [...served.flatMap((one) => documents(one, pipeline)), ...pinotConfiguration]
}

function documents({ topic }: ServedTopic, pipeline: Pipeline): readonly Artifact[] {
  const name = tableName(topic)
  return [
    { path: schemaFile(name), data: schema(name, pipeline) },
    { path: tableFile(name), data: table(name, topic, pipeline) },
  ]
}

function resources(pipeline: Pipeline): readonly ResourceDraft[] {
  return servedTopics(pipeline).map(({ engine, topic }) => {
    const name = tableName(topic)
    return {
      kind: 'pinot-table',
      address: `pinot.table.${name}`,
      table: name,
      topic,
      schemaFile: schemaFile(name),
      tableFile: tableFile(name),
      engine,
      at: pipeline.pinot?.at ?? pipeline.source.at,
    }
  })
}

function services(pipeline: Pipeline): ComposeServices {
  return servedTopics(pipeline).length === 0 ? { services: {}, volumes: [] } : pinotServices
}

function schemaFile(name: string): string {
  return `pinot/${name}.schema.json`
}

function tableFile(name: string): string {
  return `pinot/${name}.table.json`
}
