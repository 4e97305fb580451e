/** Times as a source writes them, as JSON text. */
import type { PatternPart, TimeFormat } from '../../compiler/ir.ts'

const iso8601: readonly PatternPart[] = [
  { kind: 'yyyy' },
  { kind: 'text', text: '-' },
  { kind: 'MM' },
  { kind: 'text', text: '-' },
  { kind: 'dd' },
  { kind: 'text', text: 'T' },
  { kind: 'HH' },
  { kind: 'text', text: ':' },
  { kind: 'mm' },
  { kind: 'text', text: ':' },
  { kind: 'ss' },
  { kind: 'text', text: '.' },
  { kind: 'SSS' },
  { kind: 'text', text: 'Z' },
]

/** `timeZone` is an IANA name and only matters to a pattern. The writer throws RangeError outside the years 0 to 9999. */
export function timeWriter(format: TimeFormat, timeZone: string): (millis: number) => string {
  switch (format.kind) {
    case 'epoch_millis':
      return (millis) => String(millis)
    case 'epoch_seconds':
      return (millis) => String(Math.floor(millis / 1000))
    case 'iso8601':
      return patternWriter(iso8601, 'UTC')
    case 'pattern':
      return patternWriter(format.parts, timeZone)
  }
}

/** Whether a text has the shape of a source's times; never for formats that are numbers. */
export function timeMatcher(format: TimeFormat): (text: string) => boolean {
  if (format.kind !== 'pattern') return () => false
  const shape = format.parts.map((part) =>
    part.kind === 'text' ? escaped(part.text) : `\\d{${part.kind.length}}`,
  )
  const whole = new RegExp(`^${shape.join('')}$`)
  return (text) => whole.test(text)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Neighbouring records share their second, so its text is kept: only the milliseconds are written anew. */
function patternWriter(parts: readonly PatternPart[], timeZone: string): (millis: number) => string {
  const offsetAt = timeZone === 'UTC' ? () => 0 : zoneOffset(timeZone)
  let second = Number.NaN
  let pieces: readonly string[] = []
  return (millis) => {
    const current = Math.floor(millis / 1000)
    if (current !== second) {
      pieces = aroundMillis(parts, new Date(current * 1000 + offsetAt(current * 1000)))
      second = current
    }
    return pieces.length === 1 ? pieces[0]! : pieces.join(threeDigits[Math.floor(millis) - current * 1000])
  }
}

const threeDigits = Array.from({ length: 1000 }, (_, millis) => String(millis).padStart(3, '0'))

/** The quoted text, cut where `SSS` stands. */
function aroundMillis(parts: readonly PatternPart[], local: Date): readonly string[] {
  const year = local.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`the year ${year} has no four digits`)
  const pieces = ['"']
  for (const part of parts) {
    if (part.kind === 'SSS') pieces.push('')
    else pieces[pieces.length - 1] += partText(part, local)
  }
  pieces[pieces.length - 1] += '"'
  return pieces
}

function partText(part: PatternPart, local: Date): string {
  switch (part.kind) {
    case 'text':
      return JSON.stringify(part.text).slice(1, -1)
    case 'SSS':
      return threeDigits[local.getUTCMilliseconds()]!
    case 'yyyy':
      return String(local.getUTCFullYear()).padStart(4, '0')
    case 'MM':
      return twoDigits(local.getUTCMonth() + 1)
    case 'dd':
      return twoDigits(local.getUTCDate())
    case 'HH':
      return twoDigits(local.getUTCHours())
    case 'mm':
      return twoDigits(local.getUTCMinutes())
    case 'ss':
      return twoDigits(local.getUTCSeconds())
  }
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}

/** No zone has changed its offset within a quarter of an hour of the clock since 1972. */
const offsetsHold = 15 * 60_000

/** Milliseconds that a zone's clocks are ahead of UTC at an instant. */
function zoneOffset(timeZone: string): (millis: number) => number {
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  let block = Number.NaN
  let offset = 0
  return (millis) => {
    const current = Math.floor(millis / offsetsHold)
    if (current !== block) {
      offset = readClock(clock, millis) - Math.floor(millis / 1000) * 1000
      block = current
    }
    return offset
  }
}

function readClock(clock: Intl.DateTimeFormat, millis: number): number {
  const read: Record<string, number> = {}
  for (const { type, value } of clock.formatToParts(millis)) read[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
