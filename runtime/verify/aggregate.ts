/** The aggregates, once more and exactly, so that each admissible set of rows has its expected answer. */
import type { Aggregate, Metric } from '../../compiler/ir.ts'
import { type Exact, type Expected, tolerance, valueText } from './values.ts'

/** The metric over its argument's values, one a row. */
export function aggregate({ aggregate: wanted }: Metric, values: readonly Exact[]): Expected {
  const present = values.filter((value) => value !== null)
  switch (wanted.kind) {
    case 'count-rows':
    case 'count':
      return BigInt(present.length)
    case 'count-distinct':
      return BigInt(new Set(present).size)
    case 'min':
      return extreme(present, -1)
    case 'max':
      return extreme(present, 1)
    case 'sum':
      return present.length === 0 ? null : sum(present)
    case 'avg':
      return present.length === 0 ? null : average(present, wanted)
  }
}

type Present = Exclude<Exact, null>

function sum(values: readonly Present[]): Expected {
  return typeof values[0] === 'number' ? doubleSum(values as readonly number[]) : wholeSum(values)
}

function wholeSum(values: readonly Present[]): bigint {
  return (values as readonly bigint[]).reduce((total, value) => total + value, 0n)
}

/** The contract's tolerance, and what cancelling large values against each other may cost on top. */
function doubleSum(values: readonly number[]): Expected {
  const total = values.reduce((sum, value) => sum + value, 0)
  const size = values.reduce((sum, value) => sum + Math.abs(value), 0)
  return { near: total, within: Math.abs(total) * tolerance + size * 1e-13 }
}

/** A sum of whole numbers or decimals is rounded once, to a double, and then divided. */
function average(values: readonly Present[], wanted: Extract<Aggregate, { argument: unknown }>): Expected {
  const count = values.length
  if (typeof values[0] !== 'number') return Number(valueText(wholeSum(values), wanted.argument.type)) / count
  const { near, within } = doubleSum(values as readonly number[]) as { near: number; within: number }
  return { near: near / count, within: within / count }
}

function extreme(values: readonly Present[], direction: 1 | -1): Exact {
  let found: Exact = null
  for (const value of values) {
    if (found === null || compare(value, found) * direction > 0) found = value
  }
  return found
}

function compare(one: Present, other: Present): number {
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(String(other)))
  return one < other ? -1 : one > other ? 1 : 0
}
