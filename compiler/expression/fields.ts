/** Which fields of a record a pipeline's expressions read. */
import type { Condition, Pipeline, Value } from '../ir.ts'

/** The fields that leave the filter: those grouped by and those that aggregates read. */
export function aggregatedFields({ groupBy, metrics }: Pipeline): ReadonlySet<string> {
  const read = metrics.flatMap(({ aggregate }) =>
    aggregate.kind === 'count-rows' ? [] : valueFields(aggregate.argument),
  )
  return new Set([...groupBy.map(({ name }) => name), ...read])
}

function valueFields(value: Value): readonly string[] {
  switch (value.kind) {
    case 'field':
      return [value.name]
    case 'literal':
    case 'null':
      return []
    case 'arithmetic':
    case 'divide':
    case 'modulo':
    case 'concat':
    case 'nullif':
      return [value.left, value.right].flatMap(valueFields)
    case 'negate':
    case 'cast':
      return valueFields(value.operand)
    case 'case':
      return [
        ...value.branches.flatMap(({ when, then }) => [...conditionFields(when), ...valueFields(then)]),
        ...valueFields(value.otherwise),
      ]
    case 'coalesce':
    case 'call':
      return value.operands.flatMap(valueFields)
  }
}

export function conditionFields(condition: Condition): readonly string[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.operands.flatMap(conditionFields)
    case 'compare':
      return [condition.left, condition.right].flatMap(valueFields)
    case 'in':
      return [condition.value, ...condition.items].flatMap(valueFields)
    case 'between':
      return [condition.value, condition.low, condition.high].flatMap(valueFields)
    case 'like':
    case 'is-null':
    case 'truth':
      return valueFields(condition.value)
  }
}
