/** Output rows as a table for people, as the JSON that engines write, and as CSV. */
import type { OutputColumn, OutputRow, OutputValue } from '../../runtime/embedded/rows.ts'
import { grid } from './grid.ts'

export type RowFormat = 'table' | 'json' | 'csv'

export interface RowWriter {
  /** Text for some more rows; a table keeps them until the end, when it knows how wide they are. */
  rows(rows: readonly OutputRow[], columns: readonly OutputColumn[]): string
  end(columns: readonly OutputColumn[]): string
}

/** `times` names the columns of epoch milliseconds, which only a table shows as dates. */
export function rowWriter(format: RowFormat, times: ReadonlySet<string>): RowWriter {
  switch (format) {
    case 'json':
      return { rows: jsonRows, end: () => '' }
    case 'csv':
      return csvWriter()
    case 'table':
      return tableWriter(times)
  }
}

function jsonRows(rows: readonly OutputRow[], columns: readonly OutputColumn[]): string {
  const keys = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
  return rows
    .map((row) => `${row.map((value, index) => keys[index]! + json(value, columns[index]!)).join('')}}\n`)
    .join('')
}

/** Whole numbers and decimals with all their digits. JSON has no infinity: engines write it as a string. */
function json(value: OutputValue, { kind }: OutputColumn): string {
  if (value === null) return 'null'
  if (kind === 'string') return JSON.stringify(value)
  if (kind === 'double') return Number.isFinite(value) ? double(value as number) : `"${value}"`
  return String(value)
}

/** The shortest digits that read back as the same number; JavaScript would write -0 as 0. */
function double(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function csvWriter(): RowWriter {
  let begun = false
  const head = (columns: readonly OutputColumn[]): string => {
    if (begun) return ''
    begun = true
    return csvLine(columns.map(({ name }) => quotedIfNeeded(name)))
  }
  return {
    rows: (rows, columns) => head(columns) + rows.map((row) => csvLine(row.map(csvValue))).join(''),
    end: head,
  }
}

/** RFC 4180 ends lines with CRLF. */
function csvLine(values: readonly string[]): string {
  return `${values.join(',')}\r\n`
}

/** Nothing at all is null; an empty string is two quotes. */
function csvValue(value: OutputValue): string {
  if (value === null) return ''
  if (typeof value === 'number') return double(value)
  return typeof value === 'string' ? quotedIfNeeded(value) : String(value)
}

function quotedIfNeeded(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function tableWriter(times: ReadonlySet<string>): RowWriter {
  const kept: OutputRow[] = []
  return {
    rows: (rows) => {
      for (const row of rows) kept.push(row)
      return ''
    },
    end: (columns) => `${table(kept, columns, times)}\n`,
  }
}

function table(
  rows: readonly OutputRow[],
  columns: readonly OutputColumn[],
  times: ReadonlySet<string>,
): string {
  const isTime = columns.map(({ name }) => times.has(name))
  return grid(
    columns.map(({ name }) => visible(name)),
    rows.map((row) => row.map((value, index) => cell(value, isTime[index]!))),
    columns.map(({ kind }, index) => (kind === 'string' || isTime[index] ? 'left' : 'right')),
  )
}

function cell(value: OutputValue, isTime: boolean): string {
  if (value === null) return 'null'
  if (isTime) return new Date(Number(value)).toISOString()
  return typeof value === 'number' ? double(value) : visible(String(value))
}

/** What would break the table or drive the terminal, as an escape. */
function visible(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}
