/** What each record of the last run is made of, for whoever aggregates once more: `verify` holds engines to it. */
import type { Pipeline } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { value } from './expression.ts'
import { freeName, name } from './quote.ts'

/**
 * A query over the tables that query.sql has made. Its columns: the record's number, whether `where` keeps it, its time,
 * the grouping fields, and each metric's argument (true for `count(*)`, null where the record is filtered out).
 */
export function rowsQuery({ source, groupBy, metrics }: Pipeline): Sql {
  const kept = freeName('kept', source.fields)
  const measured = metrics.map(({ aggregate }) =>
    aggregate.kind === 'count-rows'
      ? sql`true`
      : sql`CASE WHEN ${kept} THEN ${value(aggregate.argument)} END`,
  )
  const columns = [name(source.eventTime.field), ...groupBy.map((field) => name(field.name)), ...measured]
  return sql`SELECT rowid, ${kept}, ${joinSql(columns, ', ')} FROM records WHERE ${kept} IS NOT NULL ORDER BY rowid`
}
