/** Decisions of a generator: the same seed always decides alike. */
import { seededRandom } from '../../runtime/produce/random.ts'

export class Chance {
  readonly #random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** At least 0, below `limit`. */
  below(limit: number): number {
    return this.#random.below(limit)
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  yes(probability: number): boolean {
    return this.#random.fraction() < probability
  }
}
