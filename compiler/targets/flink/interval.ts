/** Lengths of time as Flink's interval literals. */
import { type Sql, sql } from '../../text.ts'

const units = [
  { millis: 86_400_000, name: sql`DAY` },
  { millis: 3_600_000, name: sql`HOUR` },
  { millis: 60_000, name: sql`MINUTE` },
  { millis: 1_000, name: sql`SECOND` },
] as const

/**
 * In the largest unit that gives a whole number. The precision of the leading field is 2 by default, and arithmetic
 * takes no more than 3 (seen on Flink 2.2.1), so longer ones are counted in days.
 */
export function interval(millis: number): Sql {
  const unit = units.find((each) => millis % each.millis === 0)
  if (unit !== undefined && millis / unit.millis < 1000) return wholeUnits(millis / unit.millis, unit.name)
  return millis < 1_000_000 ? seconds(millis) : mixed(millis)
}

function wholeUnits(count: number, unit: Sql): Sql {
  return count < 100 ? sql`INTERVAL '${count}' ${unit}` : sql`INTERVAL '${count}' ${unit}(3)`
}

function seconds(millis: number): Sql {
  return sql`INTERVAL '${padded(millis)}' SECOND(3, 3)`
}

function padded(millis: number): Sql {
  return (millis / 1000).toFixed(3) as Sql
}

function mixed(millis: number): Sql {
  const days = Math.floor(millis / 86_400_000)
  const time = new Date(millis % 86_400_000).toISOString().slice(11, 23) as Sql
  return sql`INTERVAL '${days} ${time}' DAY(${Math.max(2, String(days).length)}) TO SECOND(3)`
}
