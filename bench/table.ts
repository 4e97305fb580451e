import Table from 'cli-table3'
import type { Row } from './row.ts'

export function table(rows: readonly Row[]): string {
  const drawn = new Table({
    head: ['what', 'measured', "the machine's floor", 'promised', ''],
    style: { head: [], border: [] },
  })
  for (const { what, measured, floor, bound, holds } of rows)
    drawn.push([what, measured, floor, bound, holds === null ? '' : holds ? 'holds' : 'FAILS'])
  return drawn.toString()
}
