/**
 * The embedded engine: runs a generated query.sql over a file of records, as it stands. Opening it takes some ten
 * milliseconds and loads DuckDB; a run of few records takes a few, so that one engine serves hundreds of fixtures.
 */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBResult } from '@duckdb/node-api'
import { engineFailure } from './failure.ts'
import { computeParts, type Part, type PartResult } from './parts.ts'
import { columnsOf, type OutputColumn, type OutputRow, outputRow, outputValue } from './rows.ts'
import { type Script, splitScript } from './statements.ts'

export interface EmbeddedRun {
  /** The text of generated/duckdb/query.sql. */
  readonly sql: string
  /** Path of a file with one JSON object a line, as `openInput` gives it. */
  readonly input: string
  /** Whether the end of the input closes every window. */
  readonly flush: boolean
  readonly signal?: AbortSignal
  /** Of the reading of the input, 0 to 100. */
  readonly onProgress?: (percent: number) => void
  /** Looks at what became of the records before the first row comes out; may throw to end the run. */
  readonly onSummary?: (summary: Summary) => Promise<void>
}

/** What became of the records; `late` rows were left out of at least one of their windows. */
export interface Summary {
  readonly records: number
  readonly malformed: number
  readonly filteredOut: number
  readonly late: number
  /** Counted from 0 among the lines that are not blank; null where there is none. */
  readonly firstMalformed: number | null
}

export interface EmbeddedResult {
  readonly columns: readonly OutputColumn[]
  readonly summary: Summary
  readonly windows: number
}

/** Called with some rows at a time, in order; the next come when it is done. */
export type TakeRows = (rows: readonly OutputRow[], columns: readonly OutputColumn[]) => Promise<void> | void

/**
 * Loads DuckDB. Close it in the end.
 * @param threads of one query; where queries are small, or several engines share the cores, one is the fastest.
 */
export async function openEngine(
  threads: number = Math.min(availableParallelism(), 8),
): Promise<EmbeddedEngine> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const spill = join(tmpdir(), `pipec-${randomBytes(6).toString('hex')}`)
  const instance = await DuckDBInstance.create(':memory:', settings(spill, threads))
  return new EmbeddedEngine(instance, await instance.connect(), spill)
}

/**
 * Reading takes buffers of 32 MB a thread, and one line of 10 MB may become 300 MB of JSON nodes: hence the floor. What
 * does not fit goes to disk.
 */
function settings(spill: string, threads: number): Record<string, string> {
  const megabytes = Math.min(768 + 96 * threads, Math.floor((0.7 * totalmem()) / 1e6))
  return {
    threads: String(threads),
    memory_limit: `${megabytes}MB`,
    temp_directory: spill,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  }
}

export class EmbeddedEngine {
  readonly #instance: DuckDBInstance
  #connection: DuckDBConnection
  /** The script whose definitions the connection holds. */
  #ran: string | null = null
  readonly #spill: string
  readonly #removeSpill = (): void => rmSync(this.#spill, { recursive: true, force: true })

  constructor(instance: DuckDBInstance, connection: DuckDBConnection, spill: string) {
    this.#instance = instance
    this.#connection = connection
    this.#spill = spill
    process.once('exit', this.#removeSpill)
  }

  /** One run at a time. Throws Failure where the data cannot be computed with (an overflow, a line too long). */
  async run(request: EmbeddedRun, take: TakeRows): Promise<EmbeddedResult> {
    const watch = this.#watch(request.onProgress)
    try {
      return await this.#interruptible(request.signal, () => this.#execute(request, take))
    } finally {
      clearInterval(watch)
    }
  }

  /** All rows of a run at once. */
  async collect(request: EmbeddedRun): Promise<EmbeddedResult & { readonly rows: readonly OutputRow[] }> {
    const rows: OutputRow[] = []
    const result = await this.run(request, (some) => {
      for (const row of some) rows.push(row)
    })
    return { ...result, rows }
  }

  /** Each part's rows, and what `look` says of its tables; see `computeParts`. Throws as `run` does. */
  async runParts(
    { sql, input, signal }: Pick<EmbeddedRun, 'sql' | 'input' | 'signal'>,
    parts: readonly Part[],
    look: string,
  ): Promise<readonly PartResult[]> {
    return this.#interruptible(signal, async () => {
      const script = await this.#define({ sql, input, flush: true })
      return computeParts(this.#connection, script, parts, look, signal)
    })
  }

  /** Ends the work at the signal, and says what it throws in the user's terms. */
  async #interruptible<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const interrupt = (): void => this.#connection.interrupt()
    signal?.addEventListener('abort', interrupt)
    try {
      signal?.throwIfAborted()
      return await work()
    } catch (error) {
      throw engineFailure(error, signal)
    } finally {
      signal?.removeEventListener('abort', interrupt)
    }
  }

  /** Rows of the tables and views that the last run's script made: `records`, `placed`, `summary`. */
  async query(sql: string): Promise<readonly OutputRow[]> {
    const reader = await this.#connection.runAndReadAll(sql)
    return reader.getRows().map((values) => values.map(outputValue))
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
    this.#removeSpill()
    process.off('exit', this.#removeSpill)
  }

  async #execute(request: EmbeddedRun, take: TakeRows): Promise<EmbeddedResult> {
    const { onSummary } = request
    const { last } = await this.#define(request)
    const summary = await this.#summary()
    await onSummary?.(summary)
    return { summary, ...(await stream(await this.#connection.stream(last), take)) }
  }

  /** Runs all of the script but its last statement. */
  async #define({ sql, input, flush }: Pick<EmbeddedRun, 'sql' | 'input' | 'flush'>): Promise<Script> {
    const script = splitScript(sql)
    const again = this.#ran === sql
    if (!again) await this.#renew()
    const statements = again ? script.tables : script.before
    await this.#connection.run(
      `SET VARIABLE input = '${input.replaceAll("'", "''")}'; SET VARIABLE flush = ${flush}; ${statements.join(';\n')}`,
    )
    this.#ran = sql
    return script
  }

  /** The script that ran before left its macros and views; those of another one go with their connection. */
  async #renew(): Promise<void> {
    this.#ran = null
    this.#connection.closeSync()
    this.#connection = await this.#instance.connect()
    // Else DuckDB does not count how far it has come.
    await this.#connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false')
  }

  async #summary(): Promise<Summary> {
    const reader = await this.#connection.runAndReadAll(
      'SELECT records, malformed, filtered_out, late, first_malformed FROM summary',
    )
    const [records, malformed, filteredOut, late, first] = reader.getRows()[0]!
    return {
      records: Number(records),
      malformed: Number(malformed),
      filteredOut: Number(filteredOut),
      late: Number(late),
      firstMalformed: first === null ? null : Number(first),
    }
  }

  #watch(onProgress: EmbeddedRun['onProgress']): NodeJS.Timeout | undefined {
    if (onProgress === undefined) return undefined
    // The statements after the first, which reads, begin at 0 again.
    let most = 0
    return setInterval(() => {
      most = Math.max(most, this.#connection.progress.percentage)
      onProgress(most)
    }, 100)
  }
}

async function stream(
  result: DuckDBResult,
  take: TakeRows,
): Promise<{ columns: readonly OutputColumn[]; windows: number }> {
  const columns = columnsOf(result)
  let windows = 0
  for await (const values of result.yieldRows()) {
    windows += values.length
    await take(
      values.map((row) => outputRow(row, columns)),
      columns,
    )
  }
  return { columns, windows }
}
