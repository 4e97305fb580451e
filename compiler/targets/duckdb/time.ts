/** The text or number of a record's time as epoch milliseconds: null unless it is written exactly as the format says. */
import type { EventTime, PatternPart } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { isoShape, shapeOf } from '../../time-format.ts'
import { string } from './quote.ts'

const fields = { yyyy: '%Y', MM: '%m', dd: '%d', HH: '%H', mm: '%M', ss: '%S', SSS: '%g' } as const

/** `as_time(json)`, a macro's body. */
export function timeReader({ format, timeZone }: EventTime): Sql {
  switch (format.kind) {
    case 'epoch_millis':
      return sql`within_years(as_bigint(json))`
    case 'epoch_seconds':
      return sql`CASE WHEN as_bigint(json) BETWEEN -62135596800 AND 253402300799 THEN as_bigint(json) * 1000 END`
    case 'iso8601':
      return text(string(isoShape), sql`['%Y-%m-%dT%H:%M:%S.%gZ', '%Y-%m-%dT%H:%M:%SZ']`, 'UTC')
    case 'pattern':
      return text(string(shapeOf(format.parts)), string(format.parts.map(strptime).join('')), timeZone)
  }
}

/** The shape is looked at first: DuckDB's own reading also takes one digit for two. */
function text(shape: Sql, format: Sql, timeZone: string): Sql {
  const local = sql`epoch_ms(try_strptime(as_string(json), ${format}))`
  const instant = timeZone === 'UTC' ? local : sql`zoned(${local})`
  return sql`CASE WHEN regexp_full_match(as_string(json), ${shape}) THEN within_years(${instant}) END`
}

function strptime(part: PatternPart): string {
  return part.kind === 'text' ? part.text : fields[part.kind]
}
