/** Whether an engine's rows are those of the embedded engine: every number by its digits, every row once. */
import type { OutputColumn, OutputRow, OutputValue } from '../../runtime/embedded/rows.ts'
import { equals } from '../../runtime/fixtures/values.ts'

export interface Difference {
  readonly expected: string | null
  readonly actual: string | null
  /** Columns in which two rows of one window and group differ. */
  readonly columns: readonly string[]
}

export interface Wanted {
  readonly columns: readonly OutputColumn[]
  readonly rows: readonly OutputRow[]
  /** How many columns say which window and group it is. */
  readonly keys: number
  readonly loose: ReadonlySet<string>
}

type Parsed = Readonly<Record<string, unknown>>

/** A number of a JSON text, by its digits. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** @param actual JSON texts. Rows of one window and group meet; of several only the first may be right. */
export function differences(wanted: Wanted, actual: readonly string[]): readonly Difference[] {
  const left = new Map<string, { text: string; row: Parsed }[]>()
  for (const text of actual) {
    const row = parse(text)
    const key = keyOf(wanted, ({ name }) => row[name] ?? null)
    left.set(key, [...(left.get(key) ?? []), { text, row }])
  }
  const found = wanted.rows.flatMap((expected): Difference[] => {
    const key = keyOf(wanted, (_, index) => expected[index]!)
    const [first, ...more] = left.get(key) ?? []
    left.set(key, more)
    if (first === undefined) return [{ expected: shown(wanted, expected), actual: null, columns: [] }]
    const columns = unequal(wanted, expected, first.row)
    return columns.length === 0 ? [] : [{ expected: shown(wanted, expected), actual: first.text, columns }]
  })
  const extra = [...left.values()].flat().map(({ text }) => ({ expected: null, actual: text, columns: [] }))
  return [...found, ...extra]
}

/** Objects of JSON texts as they are, but for numbers, which keep their digits. */
export function parse(text: string): Parsed {
  const tagged = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"\\u0000${token}"`,
  )
  return JSON.parse(tagged, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('\0') ? new Digits(value.slice(1)) : value,
  ) as Parsed
}

function keyOf({ columns, keys }: Wanted, value: (column: OutputColumn, index: number) => unknown): string {
  return JSON.stringify(columns.slice(0, keys).map((column, index) => keyPart(column, value(column, index))))
}

function keyPart({ kind }: OutputColumn, value: unknown): unknown {
  if (value === null) return null
  const text = value instanceof Digits ? value.text : String(value)
  return kind === 'decimal' ? text.replace(/^(-?[0-9]+)(?:\.([0-9]*?)0*)?$/, '$1.$2') : text
}

function unequal({ columns, loose }: Wanted, expected: OutputRow, actual: Parsed): string[] {
  const names = columns.map(({ name }) => name)
  const unknown = Object.keys(actual).filter((name) => !names.includes(name))
  const wrong = columns.filter((column, index) => {
    if (!(column.name in actual)) return true
    return !same(column, expected[index]!, actual[column.name], loose.has(column.name))
  })
  return [...unknown, ...wrong.map(({ name }) => name)]
}

function same({ kind }: OutputColumn, expected: OutputValue, actual: unknown, loose: boolean): boolean {
  if (expected === null || actual === null) return expected === actual
  if (kind === 'string' || kind === 'boolean') return expected === actual
  if (!(actual instanceof Digits)) return false
  const { text } = actual
  switch (kind) {
    case 'integer':
      return /^-?[0-9]+$/.test(text) && BigInt(text) === expected
    case 'double':
      return loose ? equals(Number(text), expected, kind) : Number(text) === expected
    case 'decimal':
      return equals(text, expected, kind)
  }
}

function shown({ columns }: Wanted, row: OutputRow): string {
  const cells = columns.map(({ name, kind }, index) => {
    const value = row[index]!
    return `${JSON.stringify(name)}:${kind === 'string' || kind === 'boolean' ? JSON.stringify(value) : value}`
  })
  return `{${cells.join(',')}}`
}
