/** Metrics: an aggregate over no value is null, except for counts, which ksqlDB must be told. */
import type { Aggregate, Metric } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { type Scope, term } from './expressions.ts'
import { safe } from './term.ts'
import { typedNull, valueType } from './types.ts'

/** The metric's expression, over two lines where one would be long. */
export function metric({ aggregate, type }: Metric, scope: Scope): Sql {
  if (aggregate.kind === 'count-rows') return sql`COUNT(*)`
  const argument = safe(term(aggregate.argument, scope))
  switch (aggregate.kind) {
    case 'count':
      return sql`COUNT(${argument})`
    case 'min':
      return sql`MIN(${argument})`
    case 'max':
      return sql`MAX(${argument})`
    case 'sum':
      return unlessEmpty(argument, typedNull(type), sumOf(aggregate, argument))
    case 'avg':
      return unlessEmpty(
        argument,
        typedNull(type),
        sql`${asDouble(aggregate, argument)} / COUNT(${argument})`,
      )
    case 'count-distinct':
      throw new Error('COUNT_DISTINCT of ksqlDB is approximate; the capabilities refuse it')
  }
}

type Summed = Exclude<Aggregate, { kind: 'count-rows' }>

/** A sum of decimals gets all the digits there are, both to add in and to be written with. */
function sumOf({ argument: { type } }: Summed, argument: Sql): Sql {
  if (type.kind !== 'decimal') return sql`SUM(${argument})`
  const wide = valueType({ ...type, precision: 38 })
  return sql`CAST(SUM(CAST(${argument} AS ${wide})) AS ${wide})`
}

function asDouble(aggregate: Summed, argument: Sql): Sql {
  const sum = sumOf(aggregate, argument)
  return aggregate.argument.type.kind === 'double' ? sum : sql`CAST(${sum} AS DOUBLE)`
}

/** Of no value SUM is 0, and a division by that count would be the text "NaN". */
function unlessEmpty(argument: Sql, empty: Sql, value: Sql): Sql {
  const guard = sql`CASE WHEN COUNT(${argument}) = 0 THEN ${empty}`
  const separator = guard.length + value.length > 88 ? '\n    ' : ' '
  return joinSql([guard, sql`ELSE ${value} END`], separator)
}
