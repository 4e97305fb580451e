/** What becomes of one record: read or not, kept or not, its clock, its windows, and what each engine does with it there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EngineName, Pipeline } from '../compiler/ir.ts'
import { openEngine } from './embedded/engine.ts'
import { decoded } from './embedded/locate.ts'
import { whyMalformed } from './embedded/malformed.ts'

export type Verdict = 'kept' | 'late' | 'kept or late'

export interface ExplainedWindow {
  /** Epoch milliseconds; of a session as far as it goes when the record has arrived. */
  readonly start: number
  readonly end: number
  /** By the rule to the row; the engines may admit more. */
  readonly late: boolean
  readonly engines: Readonly<Partial<Record<EngineName, Verdict>>>
}

export interface Explanation {
  readonly fate: 'kept' | 'filtered out' | 'malformed'
  /** Why it is malformed. */
  readonly reason: string | null
  /** Epoch milliseconds. */
  readonly eventTime: number | null
  /** The greatest event time of the stream's earlier rows; null before the first. */
  readonly clock: number | null
  readonly windows: readonly ExplainedWindow[]
}

/**
 * @param lines the records in order of arrival, of which the last is explained; none of them blank. Each character is a byte.
 * @param sql the text of generated/duckdb/query.sql.
 */
export async function explainLast(
  lines: readonly string[],
  pipeline: Pipeline,
  sql: string,
  signal: AbortSignal,
): Promise<Explanation> {
  const folder = mkdtempSync(join(tmpdir(), 'pipec-explain-'))
  const engine = await openEngine()
  try {
    const input = join(folder, 'records.ndjson')
    writeFileSync(input, `${lines.join('\n')}\n`, 'latin1')
    await engine.collect({ sql, input, flush: true, signal })
    const record = lines.length - 1
    const time = `records."${pipeline.source.eventTime.field.replaceAll('"', '""')}"`
    const [[fate]] = (await engine.query(`SELECT fate FROM fates WHERE record = ${record}`)) as [
      [Explanation['fate']],
    ]
    const [[eventTime]] = (await engine.query(`SELECT ${time} FROM records WHERE rowid = ${record}`)) as [
      [bigint | null],
    ]
    const [[clock]] = (await engine.query(
      `SELECT max(${time}) FROM records JOIN fates ON fates.record = records.rowid WHERE fate = 'kept' AND record < ${record}`,
    )) as [[bigint | null]]
    const placed = await engine.query(
      `SELECT window_start, window_end, late FROM placements WHERE record = ${record} ORDER BY window_start`,
    )
    const at = clock === null ? null : Number(clock)
    return {
      fate,
      reason:
        fate === 'malformed'
          ? (whyMalformed(decoded(lines[record]!), pipeline.source) ?? 'it is no record')
          : null,
      eventTime: eventTime === null ? null : Number(eventTime),
      clock: at,
      windows: placed.map(([start, end, late]) =>
        explainWindow(Number(start), Number(end), late === true, at, pipeline),
      ),
    }
  } finally {
    engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function explainWindow(
  start: number,
  end: number,
  late: boolean,
  clock: number | null,
  { engines }: Pipeline,
): ExplainedWindow {
  const rule: Verdict = late ? 'late' : 'kept'
  const { ksqldb, spark } = engines
  const verdicts: Partial<Record<EngineName, Verdict>> = {}
  if (engines.flink !== null) verdicts.flink = rule
  // Under `changes` a window goes on taking rows for the grace period, whatever the watermark delay is.
  if (ksqldb !== null)
    verdicts.ksqldb =
      late && ksqldb.emit === 'changes' && clock !== null && end + ksqldb.grace > clock ? 'kept' : rule
  // Spark judges by the batches before the last one, so that it may keep what the rule drops, never the reverse.
  if (spark !== null) verdicts.spark = late && spark.lateRows === 'batch' ? 'kept or late' : rule
  return { start, end, late, engines: verdicts }
}
