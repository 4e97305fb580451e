/** The conversions that give the same value on every engine; `cast` may ask for no other. */
import type { Type, TypeKind } from '../ir.ts'

/**
 * Text to bigint takes `[+-]?[0-9]+` and text to double a plain or scientific number; anything else is null. Double to
 * bigint drops the fraction and is null beyond ±2^53. Double to text is missing because engines print 1e20 each in
 * their own way; see the expressions that agree in docs/expressions.md.
 */
const casts: Readonly<Record<TypeKind, readonly TypeKind[]>> = {
  string: ['bigint', 'double'],
  boolean: ['string'],
  int: ['bigint', 'double', 'decimal', 'string'],
  bigint: ['double', 'decimal', 'string'],
  double: ['bigint'],
  decimal: ['double', 'decimal'],
  timestamp: [],
}

/** Whether the cast means the same everywhere. A decimal may only grow, or digits would be lost by rules that differ. */
export function castable(from: Type, to: Type): boolean {
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale
  }
  return casts[from.kind].includes(to.kind)
}

/** The kinds that a type can be cast to, for a message. */
export function castTargets(from: Type): readonly TypeKind[] {
  return casts[from.kind]
}
