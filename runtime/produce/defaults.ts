/** What a field holds that the generator says nothing about: few enough values to group by. */
import type { Field } from '../../compiler/ir.ts'
import type { Draw, Surroundings } from './columns.ts'

export function defaultDraw(field: Field, { random, now, time }: Surroundings): Draw {
  const { type } = field
  switch (type.kind) {
    case 'string': {
      const texts = Array.from({ length: 10 }, (_, index) => JSON.stringify(`${field.name}-${index}`))
      return () => texts[random.below(10)]!
    }
    case 'boolean':
      return () => (random.below(2) === 1 ? 'true' : 'false')
    case 'int':
    case 'bigint':
      return () => String(random.below(1000))
    case 'double':
      return () => String(random.below(100_000) / 100)
    case 'decimal': {
      const { precision, scale } = type
      const limit = 10 ** Math.min(precision, scale + 3, 9)
      return () => shifted(random.below(limit), scale)
    }
    case 'timestamp':
      return () => time(now())
  }
}

/** A whole number of units of the last decimal place. */
function shifted(units: number, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units).padStart(scale + 1, '0')
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
