/** Windows as Flink's table functions: they attach a window to each row, and a GROUP BY on its bounds closes it. */
import type { Field, Window } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { interval } from './interval.ts'
import { name } from './quote.ts'

/** `rows` is the table's name, `clock` its event time, `groups` the columns that tell sessions apart. */
export function windowed(window: Window, rows: Sql, clock: Sql, groups: readonly Sql[]): Sql {
  return sql`TABLE(${windowFunction(window, rows, clock, groups)})`
}

function windowFunction(window: Window, rows: Sql, clock: Sql, groups: readonly Sql[]): Sql {
  const time = sql`DESCRIPTOR(${clock})`
  switch (window.kind) {
    case 'tumbling':
      return sql`TUMBLE(TABLE ${rows}, ${time}, ${interval(window.size)})`
    case 'hopping':
      return sql`HOP(TABLE ${rows}, ${time}, ${interval(window.advance)}, ${interval(window.size)})`
    case 'session':
      return sql`SESSION(TABLE ${rows}${partition(groups)}, ${time}, ${interval(window.gap)})`
  }
}

function partition(groups: readonly Sql[]): Sql {
  return groups.length === 0 ? sql`` : sql` PARTITION BY (${joinSql(groups, ', ')})`
}

export type Aligned = Exclude<Window, { kind: 'session' }>

/** Milliseconds between the starts of two windows. */
export function stepOf(window: Aligned): number {
  return window.kind === 'tumbling' ? window.size : window.advance
}

export function groupColumns(groupBy: readonly Field[], column: (field: string) => Sql): readonly Sql[] {
  return groupBy.map((field) => column(field.name))
}

export const windowStart = name('window_start')
export const windowEnd = name('window_end')
