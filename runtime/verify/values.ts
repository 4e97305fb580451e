/** Values of the contract's types, exactly: whole numbers are bigint, a decimal its units at the type's scale. */
import type { Type } from '../../compiler/ir.ts'
import { decimalDigits, type OutputValue } from '../embedded/rows.ts'

/** Doubles are equal to 1e-9 relative: the order in which engines add is their own. */
export const tolerance = 1e-9

export type Exact = null | boolean | bigint | number | string

/** A double whose last bits depend on the order of summing. */
export interface Near {
  readonly near: number
  readonly within: number
}

export type Expected = Exact | Near

function isNear(value: Expected): value is Near {
  return typeof value === 'object' && value !== null
}

/** A value as the embedded engine gives it. */
export function exactOf(value: OutputValue, type: Type): Exact {
  if (value === null) return null
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'timestamp':
      return BigInt(value)
    case 'decimal':
      return unitsOf(String(value), type.scale)
    case 'double':
      return Number(value)
    case 'boolean':
    case 'string':
      return value
  }
}

/** The units of a JSON number at a scale; null where it has more decimals than that, or is no number. */
export function unitsOf(text: string, scale: number): bigint | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const shift = scale + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  if (Math.abs(shift) > 400) return digits === 0n ? 0n : null
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return digits % divisor === 0n ? digits / divisor : null
}

export type Parsed = Exact | undefined

/** The value of a member's text, or undefined where the text is none of the type. */
export function parseValue(text: string, type: Type): Parsed {
  if (text === 'null') return null
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'timestamp':
      return unitsOf(text, 0) ?? undefined
    case 'decimal':
      return unitsOf(text, type.scale) ?? undefined
    case 'double':
      return parseDouble(text)
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'string':
      return text.startsWith('"') ? (JSON.parse(text) as string) : undefined
  }
}

/** JSON has no infinity and no NaN: engines write them in quotes. */
function parseDouble(text: string): number | undefined {
  if (/^"(NaN|-?Infinity)"$/.test(text)) return Number(text.slice(1, -1))
  return /^-?\d/.test(text) ? Number(text) : undefined
}

export function equals(actual: Parsed, expected: Expected): boolean {
  if (actual === undefined) return false
  if (isNear(expected))
    return typeof actual === 'number' && Math.abs(actual - expected.near) <= expected.within
  if (typeof actual === 'number' && typeof expected === 'number')
    return actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))
  return actual === expected
}

/** As JSON shows it. */
export function valueText(value: Expected, type: Type): string {
  if (value === null) return 'null'
  if (isNear(value)) return String(value.near)
  if (type.kind === 'decimal' && typeof value === 'bigint') return decimalDigits(value, type.scale)
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
