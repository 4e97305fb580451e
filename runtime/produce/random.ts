/** A small seeded generator of random numbers: the same seed gives the same records everywhere, for ever. */

export interface Random {
  /** 32 random bits, as a number of at least 0. */
  bits(): number
  /** At least 0, below 1, with 32 random bits. */
  fraction(): number
  /** A whole number, at least 0, below `limit` (at most 2^32). */
  below(limit: number): number
}

/** sfc32 (Chris Doty-Humphrey), started from a 32 bit seed. */
export function seededRandom(seed: number): Random {
  let a = 0
  let b = 0x9e3779b9
  let c = seed | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((((c << 21) | (c >>> 11)) >>> 0) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 15; round++) next()
  return {
    bits: next,
    fraction: () => next() / 0x1_0000_0000,
    below: (limit) => Math.floor((next() / 0x1_0000_0000) * limit),
  }
}
