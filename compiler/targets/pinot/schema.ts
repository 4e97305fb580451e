import type { Json, Pipeline } from '../../ir.ts'
import { isNumber, keyColumn, metricColumn, timeColumn } from './columns.ts'
import { generatedBy } from './table.ts'

/** What `POST /schemas` takes, but for `$comment`, which apply leaves out. One row a window and group: those are the key. */
export function schema(table: string, { groupBy, metrics }: Pipeline): Json {
  const texts = metrics.filter(({ type }) => !isNumber(type))
  const numbers = metrics.filter(({ type }) => isNumber(type))
  return {
    $comment: generatedBy,
    schemaName: table,
    enableColumnBasedNullHandling: true,
    dimensionFieldSpecs: [...groupBy.map(keyColumn), ...texts.map(metricColumn)],
    metricFieldSpecs: numbers.map(metricColumn),
    dateTimeFieldSpecs: [timeColumn('window_start'), timeColumn('window_end')],
    primaryKeyColumns: ['window_start', ...groupBy.map(({ name }) => name)],
  }
}
