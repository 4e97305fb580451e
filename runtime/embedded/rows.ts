/** Output rows as exact values: whole numbers are bigint, decimals their digits as text, doubles numbers. */
import type { DuckDBResult, DuckDBType, DuckDBValue } from '@duckdb/node-api'

export type OutputValue = null | boolean | bigint | number | string

export type ColumnKind = 'boolean' | 'integer' | 'double' | 'decimal' | 'string'

export interface OutputColumn {
  readonly name: string
  readonly kind: ColumnKind
}

/** Values in the order of the columns. */
export type OutputRow = readonly OutputValue[]

const kinds: Readonly<Record<string, ColumnKind>> = {
  BOOLEAN: 'boolean',
  INTEGER: 'integer',
  BIGINT: 'integer',
  DOUBLE: 'double',
  VARCHAR: 'string',
}

export function columnsOf(result: DuckDBResult): readonly OutputColumn[] {
  return result.columnNames().map((name, index) => ({ name, kind: kindOf(result.columnType(index)) }))
}

function kindOf(type: DuckDBType): ColumnKind {
  const text = type.toString()
  const kind = text.startsWith('DECIMAL') ? 'decimal' : kinds[text]
  if (kind === undefined) throw new TypeError(`a result column is of type ${text}`)
  return kind
}

/** An INTEGER comes as a number like a DOUBLE; every whole number leaves here as a bigint. */
export function outputRow(values: readonly DuckDBValue[], columns: readonly OutputColumn[]): OutputRow {
  return values.map((value, index) =>
    columns[index]!.kind === 'integer' && typeof value === 'number' ? BigInt(value) : outputValue(value),
  )
}

export function outputValue(value: DuckDBValue): OutputValue {
  if (value === null || typeof value !== 'object') return value
  if ('scale' in value && typeof value.value === 'bigint') return decimalDigits(value.value, value.scale)
  throw new TypeError(`a result value is ${String(value)}`)
}

/** With as many decimals as the scale says. */
export function decimalDigits(units: bigint, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
