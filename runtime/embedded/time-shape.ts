/** Whether the JSON text of a value is a time in a format; where that is, on the time line, is DuckDB's to say. */
import type { PatternPart, TimeFormat } from '../../compiler/ir.ts'

/** The years 1 to 9999, in milliseconds. */
const first = -62_135_596_800_000n
const last = 253_402_300_799_999n

export function isReadableTime(raw: string, format: TimeFormat): boolean {
  switch (format.kind) {
    case 'epoch_millis':
      return isBetween(raw, first, last)
    case 'epoch_seconds':
      return isBetween(raw, first / 1000n, last / 1000n)
    case 'iso8601':
      return isText(
        raw,
        /^(?<yyyy>\d{4})-(?<MM>\d{2})-(?<dd>\d{2})T(?<HH>\d{2}):(?<mm>\d{2}):(?<ss>\d{2})(\.\d{3})?Z$/,
      )
    case 'pattern':
      return isText(raw, new RegExp(`^${format.parts.map(shape).join('')}$`))
  }
}

function isBetween(raw: string, low: bigint, high: bigint): boolean {
  return /^-?[0-9]+$/.test(raw) && low <= BigInt(raw) && BigInt(raw) <= high
}

function shape(part: PatternPart): string {
  if (part.kind === 'text') return part.text.replaceAll('.', '\\.')
  return `(?<${part.kind}>\\d{${part.kind.length}})`
}

function isText(raw: string, pattern: RegExp): boolean {
  if (!raw.startsWith('"')) return false
  const parts = pattern.exec(JSON.parse(raw) as string)?.groups
  return parts !== undefined && existsOnCalendar(parts)
}

function existsOnCalendar({ yyyy, MM, dd, HH, mm, ss }: Readonly<Record<string, string>>): boolean {
  const [year, month, day] = [Number(yyyy), Number(MM), Number(dd)]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDay = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isDay && Number(HH ?? 0) < 24 && Number(mm ?? 0) < 60 && Number(ss ?? 0) < 60
}
