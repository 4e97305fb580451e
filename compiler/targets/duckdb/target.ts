/** The embedded engine: one script, which `pipec run` executes as it stands. It is the oracle for the other engines. */
import type { Pipeline } from '../../ir.ts'
import { type Artifact, everything, type Target } from '../target.ts'
import { queryView } from './query.ts'

export const queryFile = 'duckdb/query.sql'

export const duckdb: Target = {
  name: 'duckdb',
  capabilities: everything,
  emit: (pipeline: Pipeline): readonly Artifact[] => [
    { path: queryFile, template: 'duckdb/query.sql', view: queryView(pipeline) },
  ],
  resources: () => [],
  services: () => ({ services: {}, volumes: [] }),
}
