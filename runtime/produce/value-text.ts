/** A value as JSON text of a field's declared type: what does not fit is refused, never bent. */
import type { Type } from '../../compiler/ir.ts'

/** Why a value is none of the field's; the message follows "field x: ". */
export class Misfit extends Error {}

export interface Fitting {
  /** For timestamps. */
  readonly time: (millis: number) => string
  /** Whether a text is a time as the source writes them. */
  readonly isTime: (text: string) => boolean
  /** Whether the user wrote the value: then it is not even rounded. */
  readonly literal: boolean
}

/** The writer of a type; it throws Misfit. */
export function valueWriter(type: Type, fitting: Fitting): (value: unknown) => string {
  const write = writers[type.kind](type as never, fitting)
  return (value) => (value === null || value === undefined ? 'null' : write(value))
}

type Writer = (value: unknown) => string

const writers: {
  readonly [K in Type['kind']]: (type: Extract<Type, { kind: K }>, fitting: Fitting) => Writer
} = {
  string: () => stringText,
  boolean: () => booleanText,
  int: () => (value) => integerText(value, 31n),
  bigint: () => (value) => integerText(value, 63n),
  double: () => doubleText,
  decimal: (type, fitting) => (value) => decimalText(value, type, fitting.literal),
  timestamp: (_, fitting) => (value) => timestampText(value, fitting),
}

function stringText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (value instanceof Date) return JSON.stringify(value.toISOString())
  if (typeof value === 'object') throw misfit(value, 'a string')
  return JSON.stringify(String(value))
}

function booleanText(value: unknown): string {
  if (typeof value === 'boolean') return String(value)
  throw misfit(value, 'true or false')
}

function integerText(value: unknown, bits: bigint): string {
  const whole = wholeNumber(value)
  if (whole === null) throw misfit(value, 'a whole number')
  if (whole < -(1n << bits) || whole >= 1n << bits) throw misfit(value, `a number of ${bits + 1n} bits`)
  return String(whole)
}

function wholeNumber(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null
  return typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? BigInt(value) : null
}

const plainNumber = /^-?\d+(\.\d+)?$/

function doubleText(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && plainNumber.test(value)) return String(Number(value))
  throw misfit(value, 'a finite number')
}

function decimalText(value: unknown, type: Extract<Type, { kind: 'decimal' }>, literal: boolean): string {
  const text = typeof value === 'number' || typeof value === 'bigint' ? plainText(value) : value
  if (typeof text !== 'string' || !plainNumber.test(text)) throw misfit(value, 'a number')
  const [digits = '', fraction = ''] = text.split('.')
  // JSON knows no leading zeros.
  const whole = digits.replace(/^(-?)0+(?=\d)/, '$1')
  const { precision, scale } = type
  if (whole.replace(/^-?0?/, '').length > precision - scale)
    throw misfit(value, `a decimal(${precision},${scale})`)
  if (fraction.length <= scale) return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
  if (literal) throw misfit(value, `a number of ${scale} decimals`)
  return decimalText(Number(text).toFixed(scale), type, true)
}

/** Without an exponent, which a small or a large number would have. */
function plainText(value: number | bigint): string {
  const text = String(value)
  return typeof value === 'number' && text.includes('e') && Number.isFinite(value) ? value.toFixed(20) : text
}

function timestampText(value: unknown, { time, isTime }: Fitting): string {
  if (typeof value === 'string' && isTime(value)) return JSON.stringify(value)
  const millis = millisOf(value)
  if (millis === null)
    throw misfit(value, 'a time: write it as 2024-01-31T00:00:00Z or in epoch milliseconds')
  try {
    return time(millis)
  } catch {
    throw misfit(value, 'a time of the years 0 to 9999')
  }
}

function millisOf(value: unknown): number | null {
  const millis =
    value instanceof Date
      ? value.getTime()
      : typeof value === 'number' || typeof value === 'bigint'
        ? Number(value)
        : typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value)
          ? Date.parse(value)
          : Number.NaN
  return Number.isFinite(millis) ? Math.floor(millis) : null
}

function misfit(value: unknown, wanted: string): Misfit {
  return new Misfit(`${show(value)} is not ${wanted}`)
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
