/** Flink: one SQL script that the SQL Gateway runs as one job, and a session cluster to run it. */
import type { FlinkEngine, Pipeline } from '../../ir.ts'
import { type Artifact, everything, type Target } from '../target.ts'
import { jobView } from './job.ts'
import { file, resource } from './resource.ts'
import { flinkConfiguration, flinkServices } from './services.ts'

export const flink: Target = {
  name: 'flink',
  // Each of them ran on Flink 2.2.1 with the language's own results.
  capabilities: everything,
  emit: (pipeline) => withEngine(pipeline, (engine) => artifacts(pipeline, engine)),
  resources: (pipeline) => withEngine(pipeline, (engine) => [resource(pipeline, engine)]),
  services: ({ engines }) => (engines.flink === null ? { services: {}, volumes: [] } : flinkServices),
}

function withEngine<T>({ engines }: Pipeline, make: (engine: FlinkEngine) => readonly T[]): readonly T[] {
  return engines.flink === null ? [] : make(engines.flink)
}

function artifacts(pipeline: Pipeline, engine: FlinkEngine): readonly Artifact[] {
  return [{ path: file, template: 'flink/job.sql', view: jobView(pipeline, engine) }, flinkConfiguration]
}
