/** Lengths of time as Flink's interval literals. */
import { type Sql, sql } from '../../text.ts'

const units = [
  { millis: 86_400_000, name: sql`DAY` },
  { millis: 3_600_000, name: sql`HOUR` },
  { millis: 60_000, name: sql`MINUTE` },
  { millis: 1_000, name: sql`SECOND` },
] as const

const day = units[0].millis

/** The largest unit of which a length is a whole number, or null. */
export function unitOf(millis: number): Sql | null {
  return units.find((each) => millis % each.millis === 0)?.name ?? null
}

/** In the largest unit that gives a whole number of at most two digits, which is the precision by default. */
export function interval(millis: number): Sql {
  const unit = units.find((each) => millis % each.millis === 0 && millis / each.millis < 100)
  if (unit !== undefined) return sql`INTERVAL '${millis / unit.millis}' ${unit.name}`
  if (millis < 100_000) return sql`INTERVAL '${millis / 1000}' SECOND`
  const days = Math.floor(millis / day)
  const precision = days < 100 ? sql`` : sql`(${String(days).length})`
  return millis % day === 0
    ? sql`INTERVAL '${days}' DAY${precision}`
    : sql`INTERVAL '${days} ${timeOfDay(millis)}' DAY${precision} TO SECOND`
}

function timeOfDay(millis: number): Sql {
  return new Date(millis % day).toISOString().slice(11, 23).replace('.000', '') as Sql
}

/** The time less a length. Arithmetic takes no more than three digits of days (seen on Flink 2.2.1). */
export function earlier(time: Sql, millis: number): Sql {
  const days = Math.floor(millis / day)
  if (days < 1000) return sql`${time} - ${interval(millis)}`
  const rest = millis % day
  const earlierDay = sql`${time} - INTERVAL '1' DAY * ${days}`
  return rest === 0 ? earlierDay : sql`${earlierDay} - ${interval(rest)}`
}
