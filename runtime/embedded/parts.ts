/**
 * Several inputs that lie in one file one after the other, each computed as if it were the whole input. The records are
 * read once for all of them, and the queries planned once: with few records in a part, that is most of the work.
 */
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api'
import { columnsOf, type OutputColumn, type OutputRow, outputRow, outputValue } from './rows.ts'
import type { Script } from './statements.ts'

/** `flush`: whether the part's end closes every window. */
export interface Part {
  readonly records: number
  readonly flush: boolean
}

export interface PartResult {
  readonly rows: readonly OutputRow[]
  readonly columns: readonly OutputColumn[]
  /** What the other query found. */
  readonly looked: readonly OutputRow[]
}

/**
 * @param connection on which all of the script but its last statement has run, over the whole file.
 * @param look another query over the tables and views of the script.
 */
export async function computeParts(
  connection: DuckDBConnection,
  { tables: [, ...later], last }: Pick<Script, 'tables' | 'last'>,
  parts: readonly Part[],
  look: string,
  signal?: AbortSignal,
): Promise<readonly PartResult[]> {
  await connection.run('CREATE OR REPLACE TEMP TABLE every_record AS FROM records')
  const fill = await connection.prepare(
    'INSERT INTO records SELECT * FROM every_record WHERE rowid BETWEEN $1 AND $2',
  )
  const queries = new Queries(connection, last, look)
  const results: PartResult[] = []
  let first = 0
  for (const { records, flush } of parts) {
    signal?.throwIfAborted()
    await connection.run('DELETE FROM records')
    fill.bindBigInt(1, BigInt(first))
    fill.bindBigInt(2, BigInt(first + records - 1))
    await fill.run()
    for (const table of later) await connection.run(table)
    first += records
    results.push(await queries.run(flush))
  }
  return results
}

/** A variable's value is part of a plan, so that each value has its own. */
class Queries {
  readonly #connection: DuckDBConnection
  readonly #last: string
  readonly #look: string
  readonly #planned = new Map<boolean, readonly DuckDBPreparedStatement[]>()

  constructor(connection: DuckDBConnection, last: string, look: string) {
    this.#connection = connection
    this.#last = last
    this.#look = look
  }

  async run(flush: boolean): Promise<PartResult> {
    const [last, look] = this.#planned.get(flush) ?? (await this.#plan(flush))
    const result = await last!.run()
    const columns = columnsOf(result)
    const rows = (await result.getRows()).map((row) => outputRow(row, columns))
    const looked = (await (await look!.run()).getRows()).map((row) => row.map(outputValue))
    return { rows, columns, looked }
  }

  async #plan(flush: boolean): Promise<readonly DuckDBPreparedStatement[]> {
    await this.#connection.run(`SET VARIABLE flush = ${flush}`)
    const planned = [await this.#connection.prepare(this.#last), await this.#connection.prepare(this.#look)]
    this.#planned.set(flush, planned)
    return planned
  }
}
