/** How records write their times, in the patterns of Java's DateTimeFormatter, and lengths of time. */
import type { EventTime, PatternPart, TimeFormat } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { property, string } from './quoting.ts'
import { nullable, strict, type Term } from './term.ts'

/** Java's pattern of a time that is written as text. */
function javaPattern(format: Extract<TimeFormat, { kind: 'pattern' | 'iso8601' }>): string {
  return format.kind === 'iso8601' ? "yyyy-MM-dd'T'HH:mm:ss[.SSS]X" : format.parts.map(javaPart).join('')
}

/** Letters, brackets, braces and # mean something in a pattern, so all but plain separators is quoted. */
function javaPart(part: PatternPart): string {
  if (part.kind !== 'text') return part.kind
  return /^[ \-:.,/_]*$/.test(part.text) ? part.text : `'${part.text.replaceAll("'", "''")}'`
}

/** The TIMESTAMP_FORMAT of a stream, or null where its time is a number of milliseconds. */
export function timestampFormat(format: TimeFormat): Sql | null {
  return format.kind === 'pattern' || format.kind === 'iso8601' ? property(javaPattern(format)) : null
}

/**
 * Whether the source's own column can be the stream's clock. Seconds, and text of another zone than the server's, have
 * to be computed first.
 */
export function isReadable({ format, timeZone }: EventTime): boolean {
  return format.kind !== 'epoch_seconds' && timeZone === 'UTC'
}

/** A time field as epoch milliseconds. */
export function milliseconds(column: Sql, { format, timeZone }: EventTime): Term {
  const field = nullable(column)
  switch (format.kind) {
    case 'epoch_millis':
      return field
    case 'epoch_seconds':
      return strict(sql`(${column} * 1000)`, [field])
    case 'pattern':
    case 'iso8601':
      return strict(sql`STRINGTOTIMESTAMP(${column}, ${string(javaPattern(format))}, ${string(timeZone)})`, [
        field,
      ])
  }
}

const units = [
  [86_400_000, 'DAYS'],
  [3_600_000, 'HOURS'],
  [60_000, 'MINUTES'],
  [1_000, 'SECONDS'],
  [1, 'MILLISECONDS'],
] as const

/** `3 SECONDS`: in the largest unit that leaves no fraction. */
export function duration(length: number): Sql {
  const [size, name] = units.find(([unit]) => length !== 0 && length % unit === 0) ?? [1_000, 'SECONDS']
  return `${length / size} ${name}` as Sql
}
