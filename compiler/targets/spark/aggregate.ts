/** Each metric as Spark computes it: a bigint or a decimal stays exact, an average is the sum over the count. */
import type { Aggregate, Metric, Type, Value } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { value } from './expression.ts'
import { columnType } from './types.ts'

export function metricExpression({ aggregate, type }: Metric): Sql {
  if (aggregate.kind === 'count-rows') return sql`count(*)`
  const argument = value(aggregate.argument)
  switch (aggregate.kind) {
    case 'count':
      return sql`count(${argument})`
    // Spark refuses count(DISTINCT) in a stream; the set is exact and as large as the state must be in any case.
    case 'count-distinct':
      return sql`CAST(size(collect_set(${groupable(argument, aggregate.argument.type)})) AS BIGINT)`
    case 'sum':
      return sum(aggregate.argument, type)
    case 'avg':
      return sql`CAST(${sum(aggregate.argument, sumTypeOf(aggregate))} AS DOUBLE) / NULLIF(count(${argument}), 0)`
    case 'min':
    case 'max':
      return millis(sql`${aggregate.kind as Sql}(${argument})`, aggregate.argument.type)
  }
}

/** Time leaves Spark as epoch milliseconds. */
export function millis(expression: Sql, type: Type): Sql {
  return type.kind === 'timestamp' ? sql`unix_millis(${expression})` : expression
}

/** As something to tell groups apart by: time as milliseconds, and -0.0 as 0.0. */
export function groupable(expression: Sql, type: Type): Sql {
  return type.kind === 'double' ? sql`${expression} + 0D` : millis(expression, type)
}

/** Spark would widen a decimal by ten digits only, and throw when they do not do. */
function sum(argument: Value, type: Type): Sql {
  if (type.kind !== 'decimal') return sql`sum(${value(argument)})`
  return sql`sum(CAST(${value(argument)} AS ${columnType(type)}))`
}

function sumTypeOf({ argument: { type } }: Exclude<Aggregate, { kind: 'count-rows' }>): Type {
  return type.kind === 'decimal' ? { kind: 'decimal', precision: 38, scale: type.scale } : type
}
