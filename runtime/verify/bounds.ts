/**
 * Which rows must be in a window and which may be: lateness depends on the order of arrival, and between partitions there
 * is none. Rows of one partition keep their order.
 */
import type { EngineName, Pipeline } from '../../compiler/ir.ts'

/** The greatest time that may stand before a row: of its own partition's earlier rows, and of all that any order allows. */
export interface Clocks {
  readonly own: number
  readonly worst: number
}

interface Arrival {
  readonly partition: number
  readonly time: number
}

/** For rows in order of sending. @param elsewhere a time that other partitions have as well, in rows that are not among these. */
export function clocksOf(rows: readonly Arrival[], elsewhere = -Infinity): readonly Clocks[] {
  const greatest = new Map<number, number>()
  for (const { partition, time } of rows)
    greatest.set(partition, Math.max(time, greatest.get(partition) ?? -Infinity))
  const others = new Map(
    [...greatest.keys()].map((partition) => [
      partition,
      Math.max(-Infinity, ...[...greatest].filter(([each]) => each !== partition).map(([, time]) => time)),
    ]),
  )
  const clocks = new Map<number, number>()
  return rows.map(({ partition, time }) => {
    const own = clocks.get(partition) ?? -Infinity
    clocks.set(partition, Math.max(own, time))
    return { own, worst: Math.max(own, elsewhere, others.get(partition)!) }
  })
}

/** What an engine may do with late rows. */
export interface Rule {
  /** A row that is on time by this clock must be in. */
  readonly must: keyof Clocks
  /** Whether a row that is late by it may be in all the same. */
  readonly lateMayBeIn: boolean
  /** Milliseconds behind a window's end until it is closed. */
  readonly slack: number
  /** The closing rows' time where another partition's may come before a row; no such rows without it. */
  readonly elsewhere?: number
}

/**
 * As design and observation of each engine say. Flink: the slowest partition's clock, so that a row is dropped only if it
 * is late in its own partition. Spark: whole batches; the run's records lie there before its first
 * one, which has them all unless somebody limits batches. ksqlDB: the fastest partition's clock, row by row.
 * @param script of the job.
 * @param horizon the closing rows' time.
 */
export function ruleOf(
  engine: EngineName,
  { source, engines }: Pipeline,
  script: string,
  horizon: number,
): Rule {
  const slack = source.eventTime.watermarkDelay
  const alone = source.partitions === 1
  switch (engine) {
    case 'flink':
      return { must: 'own', lateMayBeIn: !alone, slack }
    case 'spark': {
      const exact = engines.spark?.lateRows === 'exact'
      const limited = script.includes('maxOffsetsPerTrigger') && !exact
      return { must: limited ? 'worst' : 'own', lateMayBeIn: !exact, slack }
    }
    case 'ksqldb': {
      const changes = engines.ksqldb?.emit === 'changes'
      return {
        must: 'worst',
        lateMayBeIn: changes || !alone,
        slack: changes ? (engines.ksqldb?.grace ?? slack) : slack,
        ...(alone ? {} : { elsewhere: horizon }),
      }
    }
  }
}
