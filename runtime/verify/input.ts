/** What a run sends: the generator's records or a file's lines, each with the partition it goes to. */
import type { Pipeline, Source, Window } from '../../compiler/ir.ts'
import { Failure } from '../failure.ts'
import { plain } from '../produce/columns.ts'
import { createGenerator, fixedStart, type GeneratedRecord } from '../produce/generator.ts'
import { type Random, seededRandom } from '../produce/random.ts'
import { readMembers } from './lossless.ts'
import type { SentRecord } from './rows.ts'

/** How many windows the generator's records are spread over. */
const windowsWanted = 40

/** The records of a seed, in order; with `disorder`, times are out of order by less than the delay. */
export async function generatedRecords(
  { source, generator, window }: Pipeline,
  count: number,
  seed: number,
  disorder: boolean,
): Promise<readonly GeneratedRecord[]> {
  const random = seededRandom(seed ^ 0x5eed)
  const delay = disorder ? source.eventTime.watermarkDelay : 0
  const timeOf = spread(window, source.eventTime.watermarkDelay, count)
  let made = 0
  const now = (): number => {
    const back = delay > 0 && random.fraction() < 0.3 ? random.below(Math.min(delay, 2 ** 31)) : 0
    return timeOf(made++) - back
  }
  const records = await createGenerator(source, generator, { seed, clock: { kind: 'wall', now } })
  return Array.from({ length: count }, () => records.next())
}

/** Evenly over the windows; sessions need a lull now and then. */
function spread(window: Window, delay: number, count: number): (index: number) => number {
  const step = stepOf(window)
  if (window.kind !== 'session') {
    const span = windowsWanted * step + (window.kind === 'hopping' ? window.size : 0)
    return (index) => fixedStart + Math.floor((index * span) / count)
  }
  const inBurst = Math.max(1, Math.ceil(count / windowsWanted))
  return (index) => {
    const burst = Math.floor(index / inBurst)
    const within = Math.floor((3 * step * (index % inBurst)) / inBurst)
    return fixedStart + burst * (5 * step + delay) + within
  }
}

/** Milliseconds from one window to the next; a session's gap. */
export function stepOf(window: Window): number {
  return window.kind === 'session' ? window.gap : window.kind === 'hopping' ? window.advance : window.size
}

/** A record of one key is always in one partition; others anywhere. The first partition has most of the records. */
export class Placement {
  readonly #weights: readonly number[]
  readonly #random: Random

  constructor(partitions: number, seed: number) {
    const others = partitions > 1 ? 0.2 / (partitions - 1) : 0
    this.#weights = Array.from({ length: partitions }, (_, index) =>
      index === 0 ? 1 - others * (partitions - 1) : others,
    )
    this.#random = seededRandom(seed ^ 0x9a27)
  }

  of(key: string | null): number {
    let left = key === null ? this.#random.fraction() : seededRandom(textHash(key)).fraction()
    const found = this.#weights.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return Math.max(found, 0)
  }
}

/** FNV-1a. */
function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

export function placed(records: readonly GeneratedRecord[], placement: Placement): readonly SentRecord[] {
  return records.map(({ key, value }) => ({ partition: placement.of(key), key, value }))
}

/**
 * The lines of a file: one record each, or, as `--keep-input` writes them, a partition, a tab and a record. Blank lines are
 * none. Throws Failure for a partition that the topic does not have.
 */
export function recordsOfLines(text: string, source: Source, placement: Placement): readonly SentRecord[] {
  const lines = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.trim() !== '')
  const numbered = lines.length > 0 && lines.every((line) => /^\d{1,6}\t/.test(line))
  return lines.map((line) => {
    const [, partition, value] = numbered ? /^(\d+)\t(.*)$/s.exec(line)! : [null, null, line]
    const key = keyOf(value!, source)
    return {
      partition: partition == null ? placement.of(key) : known(Number(partition), source),
      key,
      value: value!,
    }
  })
}

function known(partition: number, { partitions }: Source): number {
  if (partition < partitions) return partition
  throw new Failure(
    `The input has a record for partition ${partition}, and the source topic has ${partitions}.`,
    {
      next: 'Keep the input anew with --keep-input, or set source.partitions as it was.',
    },
  )
}

export function keyOf(value: string, { key }: Source): string | null {
  const text = key === null ? undefined : readMembers(value)?.get(key)
  return text === undefined || text === 'null' ? null : plain(text)
}

/** One line a record, with the partition before it: what `recordsOfLines` reads. */
export function linesOfRecords(records: readonly SentRecord[]): string {
  return records.map(({ partition, value }) => `${partition}\t${value}\n`).join('')
}
