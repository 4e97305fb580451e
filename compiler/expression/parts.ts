/** The one walk over typed expressions. */
import type { Condition, Value } from '../ir.ts'

export type Node = Value | Condition

/** A node and everything inside it, outer before inner, in the order in which it is written. */
export function nodesOf(node: Node): readonly Node[] {
  return [node, ...partsOf(node).flatMap(nodesOf)]
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'field':
    case 'literal':
    case 'null':
      return []
    case 'arithmetic':
    case 'divide':
    case 'modulo':
    case 'concat':
    case 'nullif':
    case 'compare':
      return [node.left, node.right]
    case 'negate':
    case 'cast':
      return [node.operand]
    case 'case':
      return [...node.branches.flatMap(({ when, then }) => [when, then]), node.otherwise]
    case 'coalesce':
    case 'call':
    case 'and':
    case 'or':
      return node.operands
    case 'in':
      return [node.value, ...node.items]
    case 'between':
      return [node.value, node.low, node.high]
    case 'like':
    case 'is-null':
    case 'truth':
      return [node.value]
  }
}
