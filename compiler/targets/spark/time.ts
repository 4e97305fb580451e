/** Durations, and the text or number of a record's time as a timestamp: null where it cannot be read. */
import type { EventTime, PatternPart, TimeFormat } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import { isoShape, shapeOf } from '../../time-format.ts'
import { sqlString } from './quote.ts'

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const

/** `90 seconds`, in the greatest unit that divides it. */
export function duration(milliseconds: number): string {
  const [name, length] =
    units.find(([, length]) => milliseconds !== 0 && milliseconds % length === 0) ?? units[3]
  const count = milliseconds / length
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** Years 1 to 9999: beyond them `timestamp_millis` throws, and so would the job. */
const firstMilli = -62_135_596_800_000
const lastMilli = 253_402_300_799_999

export function timestamp(operand: Sql, { format, timeZone }: EventTime): Sql {
  switch (format.kind) {
    case 'epoch_millis':
      return sql`CASE WHEN ${operand} BETWEEN ${firstMilli} AND ${lastMilli} THEN timestamp_millis(${operand}) END`
    case 'epoch_seconds':
      return sql`CASE WHEN ${operand} BETWEEN ${firstMilli / 1000} AND ${(lastMilli - 999) / 1000} THEN timestamp_seconds(${operand}) END`
    case 'iso8601':
      return standard(operand, isoShape)
    case 'pattern':
      return zoned(parsed(operand, format), timeZone)
  }
}

function zoned(utc: Sql, timeZone: string): Sql {
  return timeZone === 'UTC' ? utc : sql`to_utc_timestamp(${utc}, ${sqlString(timeZone)})`
}

/**
 * Spark reads the standard's layouts itself at a fraction of what a formatter costs, but many more of them than one: so
 * `shape` is looked at first. No year 0, which a formatter does not read either.
 */
function standard(operand: Sql, shape: string): Sql {
  const exactly = sqlString(String.raw`^(?!0000)${shape}\z`)
  return sql`CASE WHEN ${operand} RLIKE ${exactly} THEN try_cast(${operand} AS TIMESTAMP) END`
}

/** A fraction that follows a digit without a point is not read beside a year: then a point is put in, as every part has a fixed width. */
function parsed(operand: Sql, format: Extract<TimeFormat, { kind: 'pattern' }>): Sql {
  const { parts } = format
  if (/^yyyy-MM-dd( |'T')HH:mm:ss(\.SSS)?$/.test(format.pattern)) return standard(operand, shapeOf(parts))
  const fraction = parts.findIndex(({ kind }) => kind === 'SSS')
  const before = parts.slice(0, fraction)
  if (fraction <= 0 || before.at(-1)?.kind === 'text')
    return sql`try_to_timestamp(${operand}, ${pattern(parts)})`
  const width = before.map(widthOf).reduce((sum, each) => sum + each, 0)
  const pointed: PatternPart[] = [...before, { kind: 'text', text: '.' }, ...parts.slice(fraction)]
  return sql`try_to_timestamp(substring(${operand}, 1, ${width}) || '.' || substring(${operand}, ${width + 1}), ${pattern(pointed)})`
}

function widthOf(part: PatternPart): number {
  return part.kind === 'text' ? [...part.text].length : part.kind.length
}

function pattern(parts: readonly PatternPart[]): Sql {
  return sqlString(parts.map((part) => (part.kind === 'text' ? quotedText(part.text) : part.kind)).join(''))
}

/** Letters and the marks that Java gives a meaning stand in quotes. */
function quotedText(text: string): string {
  return /^[-:./, _]*$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`
}
