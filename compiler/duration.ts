/** Durations: text of pipeline.yaml to milliseconds and back to words. */

const unitMillis = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof unitMillis

/** 100 years, far inside what every engine's 64-bit milliseconds hold. */
export const longestMillis = 36_500 * unitMillis.d

/** Milliseconds of a text that the schema's pattern accepts, or why it is none. */
export function parseDuration(text: string): { readonly millis: number } | { readonly problem: string } {
  const match = /^([0-9]+)(?:\.([0-9]+))?(ms|s|m|h|d)$/.exec(text)!
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (match[1]!.length > 16 || fraction.length > 16) return { problem: 'it has too many digits' }
  const scaled = BigInt(match[1]! + fraction) * BigInt(unitMillis[match[3] as Unit])
  const divisor = 10n ** BigInt(fraction.length)
  if (scaled % divisor !== 0n) return { problem: 'a millisecond is the smallest step' }
  const millis = scaled / divisor
  return millis > BigInt(longestMillis) ? { problem: 'the longest is 36500d' } : { millis: Number(millis) }
}

/** Milliseconds of the largest unit of which both lengths are a whole number. */
export function commonUnit(first: number, second: number): number {
  const units = Object.values(unitMillis).reverse()
  return units.find((each) => first % each === 0 && second % each === 0)!
}

/** In the largest unit that gives a whole number: 90000 is `90s`, 0 is `0s`. */
export function durationText(millis: number): string {
  const units = Object.entries(unitMillis).reverse()
  const [unit, length] = (millis === 0 ? undefined : units.find(([, each]) => millis % each === 0)) ?? [
    's',
    1000,
  ]
  return `${millis / length}${unit}`
}
