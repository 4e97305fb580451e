/** Aggregates with the results that the language promises: integers never wrap, an average is never cut. */
import type { Metric, Value } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { type Scope, value } from './expression.ts'
import { sqlType } from './types.ts'

export function aggregate({ aggregate: asked, type }: Metric, scope: Scope): Sql {
  switch (asked.kind) {
    case 'count-rows':
      return sql`COUNT(*)`
    case 'count':
      return sql`COUNT(${value(asked.argument, scope)})`
    case 'count-distinct':
      return sql`COUNT(DISTINCT ${distinct(asked.argument, scope)})`
    case 'sum':
      return sum(asked.argument, scope)
    case 'avg':
      return sql`CAST(${sum(asked.argument, scope)} AS DOUBLE) / COUNT(${value(asked.argument, scope)})`
    case 'min':
    case 'max':
      return extreme(asked.kind === 'min' ? sql`MIN` : sql`MAX`, asked.argument, type, scope)
  }
}

/** Flink tells -0.0 from 0.0; adding zero would be optimised away. */
function distinct(argument: Value, scope: Scope): Sql {
  const operand = value(argument, scope)
  if (argument.type.kind !== 'double') return operand
  return sql`CASE WHEN ${operand} = 0 THEN CAST(0 AS DOUBLE) ELSE ${operand} END`
}

/** Flink's SUM of INT is an INT that wraps. */
function sum(argument: Value, scope: Scope): Sql {
  const operand = value(argument, scope)
  return argument.type.kind === 'int' ? sql`SUM(CAST(${operand} AS BIGINT))` : sql`SUM(${operand})`
}

function extreme(which: Sql, argument: Value, type: Metric['type'], scope: Scope): Sql {
  const found = sql`${which}(${value(argument, scope)})`
  return sqlType(argument.type) === sqlType(type) ? found : sql`CAST(${found} AS ${sqlType(type)})`
}
