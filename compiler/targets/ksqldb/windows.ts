/** Windows, in the order of clauses that ksqlDB insists on. */
import type { KsqldbEngine, Window } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { duration } from './time.ts'

/** ksqlDB's own end of a session is its last row. */
export function windowEnd(window: Window): Sql {
  return window.kind === 'session' ? sql`WINDOWEND + ${window.gap}` : sql`WINDOWEND`
}

const week = 7 * 86_400_000

/**
 * A closed window is only emitted if it began at most a retention before the newest one: that has to outlast gaps in event
 * time, which are longer where windows are. Updates are written at once and need no more than to be there.
 */
function retention(length: number, { emit, grace }: KsqldbEngine): Sql {
  return duration(Math.max(week, (emit === 'final' ? 4 : 1) * (length + grace)))
}

export function windowClause(window: Window, engine: KsqldbEngine): Sql {
  const length = window.kind === 'session' ? window.gap : window.size
  const rest = sql`RETENTION ${retention(length, engine)}, GRACE PERIOD ${duration(engine.grace)}`
  switch (window.kind) {
    case 'tumbling':
      return sql`TUMBLING (SIZE ${duration(window.size)}, ${rest})`
    case 'hopping':
      return sql`HOPPING (SIZE ${duration(window.size)}, ADVANCE BY ${duration(window.advance)}, ${rest})`
    case 'session':
      return sql`SESSION (${duration(window.gap)}, ${rest})`
  }
}
