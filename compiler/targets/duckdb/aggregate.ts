/** Each metric, exactly: whole numbers and decimals never go through a double before they are summed. */
import type { Metric, Value } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { value } from './expression.ts'
import { string } from './quote.ts'

export function metricExpression(metric: Metric): Sql {
  const { aggregate } = metric
  if (aggregate.kind === 'count-rows') return sql`count(*)`
  const argument = value(aggregate.argument)
  switch (aggregate.kind) {
    case 'count':
      return sql`count(${argument})`
    case 'count-distinct':
      return sql`count(DISTINCT ${argument})`
    case 'sum':
      return sum(aggregate.argument, metric)
    case 'avg':
      return sql`${doubleSum(aggregate.argument, metric)} / count(${argument})`
    case 'min':
    case 'max':
      return sql`${aggregate.kind as Sql}(${argument})`
  }
}

function sum(argument: Value, metric: Metric): Sql {
  if (argument.type.kind === 'double') return finiteSum(value(argument))
  if (argument.type.kind === 'decimal') return sql`sum(${value(argument)})`
  return sql`bigint_sum(sum(${value(argument)}), ${string(metric.name)})`
}

/** Kahan's sum: in whatever order threads add doubles up, the last bits stay. Of an infinity it makes no number. */
function finiteSum(argument: Sql): Sql {
  return sql`CASE WHEN isfinite(fsum(${argument})) THEN fsum(${argument}) ELSE sum(${argument}) END`
}

/** DuckDB rounds a negative HUGEINT twice on its way to a double, and a decimal too; a bigint and text once. */
function doubleSum(argument: Value, metric: Metric): Sql {
  if (argument.type.kind === 'double') return sum(argument, metric)
  if (argument.type.kind === 'decimal') return sql`CAST(CAST(${sum(argument, metric)} AS VARCHAR) AS DOUBLE)`
  return sql`CAST(${sum(argument, metric)} AS DOUBLE)`
}

/** Whether the query needs the macro. */
export function sumsBigints({ metrics }: { readonly metrics: readonly Metric[] }): boolean {
  return metrics.some(({ aggregate }) => {
    if (aggregate.kind !== 'sum' && aggregate.kind !== 'avg') return false
    return aggregate.argument.type.kind === 'int' || aggregate.argument.type.kind === 'bigint'
  })
}
