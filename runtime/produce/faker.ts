/** faker's methods by their dotted names. Loaded only where a pipeline names one: it brings 3 MB of words. */
import type { Faker } from '@faker-js/faker'

/** An instance of its own, so that two generators never draw from one sequence. */
export async function loadFaker(seed: number, today: number): Promise<Faker> {
  const { faker } = await import('@faker-js/faker/locale/en')
  const Constructor = faker.constructor as new (options: { locale: Faker['rawDefinitions'] }) => Faker
  const own = new Constructor({ locale: faker.rawDefinitions })
  own.seed(seed)
  // Else `date.recent` and its like would depend on the day on which they are called.
  own.setDefaultRefDate(today)
  return own
}

export type FakerMethod = (...parameters: readonly unknown[]) => unknown

/** The method of a dotted name, null where there is none. */
export function fakerMethod(faker: Faker, name: string): FakerMethod | null {
  if (!methodNames(faker).includes(name)) return null
  const [module = '', method = ''] = name.split('.')
  const owner = Reflect.get(faker, module) as Record<string, FakerMethod>
  return (...parameters) => owner[method]!(...parameters)
}

/** `module.method` of every module, in faker's order. */
export function methodNames(faker: Faker): readonly string[] {
  return Object.entries(faker).flatMap(([module, owner]) =>
    methodsOf(owner).map((method) => `${module}.${method}`),
  )
}

/** faker's modules are instances of classes; its core and its definitions are plain objects, and no modules. */
function methodsOf(owner: unknown): string[] {
  const names = new Set<string>()
  let level: unknown = owner
  while (typeof level === 'object' && level !== null && level !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(level)) names.add(name)
    level = Object.getPrototypeOf(level)
  }
  return [...names].filter(
    (name) => name !== 'constructor' && typeof Reflect.get(owner as object, name) === 'function',
  )
}

export function nearest(name: string, names: readonly string[]): string | null {
  const wanted = name.toLowerCase()
  const short = wanted.slice(wanted.lastIndexOf('.') + 1)
  const ranked = names
    .map((candidate) => ({
      candidate,
      distance: Math.min(distance(wanted, candidate.toLowerCase()), sameMethod(short, candidate)),
    }))
    .sort((one, other) => one.distance - other.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? best.candidate : null
}

/** Older fakers kept the same methods in other modules: `datatype.uuid` is `string.uuid` now. */
function sameMethod(short: string, candidate: string): number {
  return candidate.toLowerCase().endsWith(`.${short}`) ? 1 : Number.POSITIVE_INFINITY
}

/** Levenshtein. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + change))
    }
    row = next
  }
  return row[other.length]!
}
