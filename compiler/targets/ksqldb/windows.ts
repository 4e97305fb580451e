/** Windows, in the order of clauses that ksqlDB insists on. */
import type { Window } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { duration } from './time.ts'

/** ksqlDB's own end of a session is its last row. */
export function windowEnd(window: Window): Sql {
  return window.kind === 'session' ? sql`WINDOWEND + ${window.gap}` : sql`WINDOWEND`
}

/** A closed window is only emitted while it is younger than the retention: it has to outlast gaps in event time. */
const leastRetention = 7 * 86_400_000

export function windowClause(window: Window, grace: number): Sql {
  const length = window.kind === 'session' ? window.gap : window.size
  const rest = sql`RETENTION ${duration(Math.max(leastRetention, length + grace))}, GRACE PERIOD ${duration(grace)}`
  switch (window.kind) {
    case 'tumbling':
      return sql`TUMBLING (SIZE ${duration(window.size)}, ${rest})`
    case 'hopping':
      return sql`HOPPING (SIZE ${duration(window.size)}, ADVANCE BY ${duration(window.advance)}, ${rest})`
    case 'session':
      return sql`SESSION (${duration(window.gap)}, ${rest})`
  }
}
