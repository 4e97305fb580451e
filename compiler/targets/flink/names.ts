/** What a pipeline's things are called in Flink. */
import type { FlinkEngine, Pipeline } from '../../ir.ts'

export interface Names {
  readonly job: string
  /** Its consumer group. */
  readonly group: string
  /** The tables bear the names of their topics. */
  readonly source: string
  readonly result: string
  readonly late: string | null
  /** The view of the rows that `where` keeps. */
  readonly kept: string
}

export function namesOf({ name, source }: Pipeline, { topic, lateTopic }: FlinkEngine): Names {
  const tables = [source.topic, topic, ...(lateTopic === null ? [] : [lateTopic])]
  return {
    job: `pipec.${name}`,
    group: `pipec.${name}.flink`,
    source: source.topic,
    result: topic,
    late: lateTopic,
    kept: keptName(name, tables),
  }
}

function keptName(pipeline: string, tables: readonly string[]): string {
  const wish = `${pipeline}_kept`
  return tables.includes(wish) ? `${wish}_rows` : wish
}
