/** The embedded engine: one script, which `pipec run` executes as it stands. It is the oracle for the other engines. */
import { type Feature, features } from '../../features.ts'
import type { Pipeline } from '../../ir.ts'
import type { Artifact, Capabilities, Target } from '../target.ts'
import { queryView } from './query.ts'

export const queryFile = 'duckdb/query.sql'

export const duckdb: Target = {
  name: 'duckdb',
  capabilities: everything(),
  emit: (pipeline: Pipeline): readonly Artifact[] => [
    { path: queryFile, template: 'duckdb/query.sql', view: queryView(pipeline) },
  ],
  resources: () => [],
  services: () => ({ services: {}, volumes: [] }),
}

function everything(): Capabilities {
  const entries = (Object.keys(features) as Feature[]).map((feature) => [feature, 'yes'] as const)
  return Object.fromEntries(entries) as Capabilities
}
