/** One line of what `npm run bench` prints. */
export interface Row {
  readonly what: string
  /** With its unit. */
  readonly measured: string
  /** What this machine reaches with the least that could do the job, and what that is. */
  readonly floor: string
  /** What is promised. */
  readonly bound: string
  /** Null where nothing could be measured; `measured` then says why. */
  readonly holds: boolean | null
}

export function thousands(perSecond: number): string {
  return `${Math.round(perSecond / 1000).toLocaleString('en')} k/s`
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** How often a second, over one call. */
export async function perSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (count * 1000) / (performance.now() - began)
}

/** How often a second of one core's own time: what others on the machine do does not count. */
export async function perCpuSecond(count: number, work: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(began)
  return (count * 1_000_000) / (user + system)
}

/** Of a time that is mostly an engine's, both in milliseconds. */
export function ownShare(whole: number, own: number): { readonly text: string; readonly holds: boolean } {
  const percent = (100 * own) / whole
  const text = `${(whole / 1000).toFixed(1)} s, pipec's own ${(own / 1000).toFixed(2)} s (${percent.toFixed(1)} %)`
  return { text, holds: own < 2_000 || percent < 5 }
}
