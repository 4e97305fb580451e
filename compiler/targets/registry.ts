/** Every target, once, in the order in which apply makes their resources. */
import type { Pipeline } from '../ir.ts'
import { kafka } from './kafka/target.ts'
import type { Target } from './target.ts'

/** The targets that a pipeline needs: the engines that it names, and what it cannot do without. */
export function targetsOf(pipeline: Pipeline): readonly Target[] {
  void pipeline
  return [kafka]
}
