/**
 * Rows too late for a window, as `late_topic` gets them: those that at least one window lacks. It is then complete: what is
 * in no window where it belongs is in the topic, and with tumbling windows a row is in exactly one of the two.
 */
import type { Pipeline } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import type { Columns } from './columns.ts'
import { name } from './quote.ts'
import { epochMillis } from './time.ts'
import { sqlType } from './types.ts'
import { type Aligned, stepOf } from './window.ts'

/**
 * The clock as the window function sees it: the watermark before the row, which is the clock less the delay and less one
 * millisecond. Equal to the rule in every run on Flink 2.2.1 as long as one subtask reads all partitions.
 */
export function lateCondition(window: Aligned, { clock }: Columns): Sql {
  const watermark = sql`CURRENT_WATERMARK(${clock})`
  const end = firstWindowEnd(window, sql`(${epochMillis(clock)})`)
  return sql`${watermark} IS NOT NULL AND ${end} - 1 <= ${epochMillis(watermark)}`
}

/** The end of the earliest window that holds the time; the clock has no offset left. */
function firstWindowEnd(window: Aligned, time: Sql): Sql {
  const step = stepOf(window)
  // MOD has the sign of the time, which is negative before 1970.
  return sql`${time} - MOD(MOD(${time}, ${step}) + ${step}, ${step}) + ${step}`
}

/** The late row as its record had it, in the order in which the source declares its fields. */
export function lateColumns({ source }: Pipeline, { reader }: Columns): readonly Sql[] {
  return source.fields.map(
    (field) =>
      sql`${name(field.name)} ${field.type.kind === 'timestamp' ? reader.written : sqlType(field.type)}`,
  )
}

export function lateSelection({ source }: Pipeline, { reader }: Columns): readonly Sql[] {
  return source.fields.map((field) =>
    field.type.kind === 'timestamp' ? reader.write(name(field.name)) : name(field.name),
  )
}
