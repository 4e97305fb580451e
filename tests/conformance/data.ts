/** Records with the values that engines have treated differently, null in many places, out of order by as much as is asked. */

import { parseTimeFormat } from '../../compiler/time-format.ts'
import { timeWriter } from '../../runtime/produce/time-text.ts'
import { type Parts, type Sent, timeField } from './case.ts'
import type { Chance } from './chance.ts'

export const fields = {
  id: 'int',
  at: 'timestamp',
  other: 'timestamp',
  g: 'string',
  s: 'string',
  t: 'string',
  k: 'int',
  i: 'int',
  order: 'int',
  a: 'bigint',
  b: 'bigint',
  d: 'double',
  e: 'double',
  x: 'double',
  m: 'decimal(10,2)',
  n: 'decimal(18,4)',
  o: 'boolean',
  p: 'boolean',
} as const

type Valued = Exclude<keyof typeof fields, 'id' | 'at' | 'other'>

const texts: readonly string[] = [
  ...[
    '',
    ' ',
    ' a ',
    'abc',
    'ABC',
    'a%b',
    'a_b',
    'axb',
    'a\\b',
    'a\nb',
    'straße',
    'ÀÉ',
    '€uro',
    "it's",
    'x',
    'a"b',
  ],
  ...[
    '12',
    '-3',
    '+7',
    '-3.7',
    '1e2',
    ' 5 ',
    '1d',
    '0x10',
    'NaN',
    'Infinity',
    '.5',
    '5.',
    '9223372036854775808',
  ],
  ...[
    '9223372036854775807',
    '0.1',
    '-0',
    '007',
    '١٢',
    '1_000',
    'null',
    'true',
    '\u00a0y\u00a0',
    '\ty',
    'é',
    'z'.repeat(300),
  ],
]
const astral = ['😀bc', '𝒳', 'a😀']

/** JSON texts. Doubles of `d` and `e` are eighths, so that their sums are exact. */
const values: Readonly<Record<Valued, readonly string[]>> = {
  g: ['"a"', '"b"', '"c "', '""'],
  s: texts.map((text) => JSON.stringify(text)),
  t: texts.map((text) => JSON.stringify(text)),
  k: ['0', '1', '-1'],
  i: ['0', '1', '-1', '7', '12', '2147483647', '-2147483648'],
  order: ['0', '1', '2', '99999'],
  a: ['0', '1', '3', '-7', '9007199254740993', '-9007199254740993', '4294967296'],
  b: ['0', '1', '2', '3', '-7', '100'],
  d: ['0.0', '0.125', '-0.5', '0.5', '2.5', '-2.5', '3.0', '1.25', '999.875', '-1000.0'],
  e: ['0.0', '0.125', '-0.125', '2.5', '16.0', '-1.0'],
  x: [
    ...[
      '1e20',
      '-1e300',
      '0.1',
      '0.3',
      '1.005',
      '2.675',
      '-2.5',
      '0.0',
      '-0.0',
      '4.35',
      '9007199254740993.0',
    ],
    ...['123456.789', '-7.45', '1e-7', '5e-324', '0.05', '-0.05', '9007199254740991.0', '4503599627370495.5'],
  ],
  m: ['0.00', '0.05', '-0.05', '12.35', '-12345678.90', '99999999.99', '0.50', '1'],
  n: ['0.0000', '12.3500', '-0.0049', '99999999999999.9999', '0.05'],
  o: ['true', 'false'],
  p: ['true', 'false'],
}

export interface Plan {
  readonly rows: number
  /** Epoch milliseconds. */
  readonly base: number
  /** Milliseconds: window size or gap, and delay. */
  readonly span: number
  readonly delay: number
  /** No row is further behind, unless rows are to be late. */
  readonly disorder: number
  readonly resolution: number
  /** Share of records that are none, or have no readable time. */
  readonly malformed: number
  readonly astral: boolean
}

export function writerOf({ format, zone }: Pick<Parts, 'format' | 'zone'>): (millis: number) => string {
  const parsed = parseTimeFormat(format)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return timeWriter(parsed, zone)
}

export function records(chance: Chance, parts: Parts, plan: Plan): readonly Sent[] {
  const write = writerOf(parts)
  const nulls = nullRates(chance)
  const others = [plan.base, plan.base - plan.span, plan.base + 5 * plan.span].map((time) =>
    write(floor(time, plan)),
  )
  const clock = new Clock(chance, parts.late, plan)
  return Array.from({ length: plan.rows }, (_, id): Sent => {
    const partition = chance.below(parts.partitions)
    if (chance.yes(plan.malformed / 2))
      return { value: chance.of(['{"broken', 'null', '"text"', '12']), partition }
    const readable = !chance.yes(plan.malformed / 2)
    const value: Record<string, string> = { id: String(id) }
    value[timeField] = readable ? write(clock.next()) : 'null'
    put(chance, value, 'other', others, nulls.other ?? 0)
    for (const name of Object.keys(values) as Valued[]) {
      const list =
        plan.astral && (name === 's' || name === 't')
          ? [...values[name], ...astral.map(quoted)]
          : values[name]
      put(chance, value, name, list, nulls[name] ?? 0)
    }
    return { value, partition }
  })
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

/** Some fields are never null, some often, some always; null is written or left out. */
function nullRates(chance: Chance): Readonly<Record<string, number>> {
  const rates = [0, 0.1, 0.1, 0.3, 0.6]
  const drawn = Object.keys(fields).map((name) => [name, chance.yes(0.03) ? 1 : chance.of(rates)])
  return Object.fromEntries(drawn) as Record<string, number>
}

function put(
  chance: Chance,
  value: Record<string, string>,
  name: string,
  list: readonly string[],
  rate: number,
): void {
  if (!chance.yes(rate)) value[name] = chance.of(list)
  else if (chance.yes(0.5)) value[name] = 'null'
}

function floor(time: number, { resolution }: Pick<Plan, 'resolution'>): number {
  return Math.floor(time / resolution) * resolution
}

/** Event times in order of arrival: forward by some sixth of a window, on its bounds now and then, backward by the disorder. */
class Clock {
  readonly #chance: Chance
  readonly #plan: Plan
  readonly #late: boolean
  #now: number
  #greatest: number

  constructor(chance: Chance, late: boolean, plan: Plan) {
    this.#chance = chance
    this.#late = late
    this.#plan = plan
    this.#now = plan.base
    this.#greatest = Number.NEGATIVE_INFINITY
  }

  next(): number {
    const { span, delay, disorder } = this.#plan
    this.#now += this.#step()
    const wanted = floor(this.#snapped() - this.#behind(span, delay), this.#plan)
    const time = this.#late || wanted >= this.#greatest - disorder ? wanted : Math.max(this.#greatest, wanted)
    this.#greatest = Math.max(this.#greatest, time)
    return time
  }

  #step(): number {
    const { span } = this.#plan
    if (this.#chance.yes(0.05)) return span * 3
    return this.#chance.below(Math.max(2, Math.floor(span / 3)))
  }

  #snapped(): number {
    const { span } = this.#plan
    if (!this.#chance.yes(0.2)) return this.#now
    return Math.round(this.#now / span) * span + this.#chance.of([-1, 0, 0, 1])
  }

  #behind(span: number, delay: number): number {
    if (this.#late && this.#chance.yes(0.25)) return this.#chance.below(2 * (delay + span) + 1)
    if (!this.#chance.yes(0.4) || delay === 0) return 0
    return this.#chance.yes(0.2) ? delay : this.#chance.below(delay + 1)
  }
}
