/** The three kinds of window, as arithmetic on milliseconds. */
import type { Pipeline, Window } from '../../ir.ts'
import type { View } from '../../render.ts'
import { type Sql, sql } from '../../text.ts'
import { name } from './quote.ts'

type Aligned = Extract<Window, { kind: 'tumbling' | 'hopping' }>

export function windowView(pipeline: Pipeline): View {
  const { window } = pipeline
  const time = name(pipeline.source.eventTime.field)
  const empty = { size: 0, advance: 0, start: sql``, earliestShift: 0, gap: 0 }
  const kinds = { isHopping: window.kind === 'hopping', isSession: window.kind === 'session' }
  if (window.kind === 'session') return { ...kinds, ...empty, gap: window.gap }
  const advance = window.kind === 'hopping' ? window.advance : window.size
  return {
    ...kinds,
    ...empty,
    size: window.size,
    advance,
    start: latestStart(window, advance, time),
    earliestShift: window.size - advance,
  }
}

/** Of the last window that holds the time. `%` has the sign of the dividend; the remainder must not be negative. */
function latestStart({ offset }: Aligned, advance: number, time: Sql): Sql {
  const shifted = offset === 0 ? time : sql`(${time} - ${offset})`
  return sql`${time} - (${shifted} % ${advance} + ${advance}) % ${advance}`
}
