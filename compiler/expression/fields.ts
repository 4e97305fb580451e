/** Which fields of a record a pipeline's expressions read. */
import type { Pipeline } from '../ir.ts'
import { type Node, nodesOf } from './parts.ts'

/** The fields that leave the filter: those grouped by and those that aggregates read. */
export function aggregatedFields({ groupBy, metrics }: Pipeline): ReadonlySet<string> {
  const read = metrics.flatMap(({ aggregate }) =>
    aggregate.kind === 'count-rows' ? [] : fieldsIn(aggregate.argument),
  )
  return new Set([...groupBy.map(({ name }) => name), ...read])
}

/** The fields without which there is no answer: those, the event time, and what `where` looks at. */
export function neededFields(pipeline: Pipeline): ReadonlySet<string> {
  const { source, where } = pipeline
  const filter = where === null ? [] : fieldsIn(where)
  return new Set([...aggregatedFields(pipeline), source.eventTime.field, ...filter])
}

export function fieldsIn(expression: Node): readonly string[] {
  return nodesOf(expression).flatMap((each) => (each.kind === 'field' ? [each.name] : []))
}
