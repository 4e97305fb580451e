/** ksqlDB: statements over its REST, a stream for the topic and a table for the windows. */
import { hash } from '../../hash.ts'
import type { KsqldbEngine, Pipeline } from '../../ir.ts'
import type { ResourceDraft } from '../../manifest.ts'
import type { Target } from '../target.ts'
import { capabilities } from './capabilities.ts'
import { namesOf, settingsOf } from './names.ts'
import { ksqldbServices } from './services.ts'
import { statementsView } from './statements.ts'

const file = 'ksqldb/statements.sql'

export const ksqldb: Target = {
  name: 'ksqldb',
  capabilities,
  emit: (pipeline) =>
    withEngine(pipeline, (engine) => ({
      path: file,
      template: 'ksqldb/statements.sql' as const,
      view: statementsView(pipeline, engine),
    })),
  resources: (pipeline) => withEngine(pipeline, (engine) => query(pipeline, engine)),
  services: (pipeline) => (pipeline.engines.ksqldb === null ? { services: {}, volumes: [] } : ksqldbServices),
}

function withEngine<T>(pipeline: Pipeline, make: (engine: KsqldbEngine) => T): readonly T[] {
  return pipeline.engines.ksqldb === null ? [] : [make(pipeline.engines.ksqldb)]
}

function query(pipeline: Pipeline, engine: KsqldbEngine): ResourceDraft {
  const names = namesOf(pipeline)
  return {
    kind: 'ksqldb-query',
    address: `ksqldb.query.${names.source}`,
    name: names.source,
    file,
    // ksqlDB keeps no state from one query to the next, so this only tells whether the results would differ.
    stateHash: hash(JSON.stringify(statementsView(pipeline, engine))),
    sourceTopic: pipeline.source.topic,
    resultTopics: [engine.topic],
    streams: names.timed === null ? [names.source] : [names.source, names.timed],
    tables: [names.table],
    properties: settingsOf(engine),
    at: engine.at,
  }
}
