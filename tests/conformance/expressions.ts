/**
 * Random expressions of the language. Every form has a name, so that a run can say which forms it has held. Numbers know
 * how large they may get: overflow is outside the contract, and a sum of doubles is compared to the last bit only where it
 * is exact in any order.
 */
import { Chance } from './chance.ts'

export type Kind = 'bigint' | 'double' | 'decimal' | 'string' | 'boolean' | 'timestamp' | 'condition'

export interface Expression {
  readonly text: string
  /** No value is further from zero. */
  readonly bound: number
  /** Values are multiples of 2^-grain. */
  readonly grain: number
}

type Make = (maker: Maker, depth: number) => Expression

const anything = Number.POSITIVE_INFINITY
const textual = (text: string): Expression => ({ text, bound: 0, grain: anything })
const whole = (text: string, bound: number): Expression => ({ text, bound, grain: 0 })

/** How large a bigint may become inside an expression, and how large a double: a factor is left for one more step. */
const largest = { bigint: 4e18, double: 1e304 }

const fields = {
  int: whole('i', 2_147_483_648),
  small: whole('b', 100),
  bigint: whole('a', 9.01e15),
  reserved: whole('`order`', 100_000),
  exact: { text: 'd', bound: 1_000, grain: 3 },
  other: { text: 'e', bound: 16, grain: 3 },
  extreme: { text: 'x', bound: 1e300, grain: anything },
  decimal: textual('m'),
  fine: textual('n'),
} as const

const comparisons = ['=', '<>', '<', '<=', '>', '>='] as const

const forms: Readonly<Record<Exclude<Kind, 'condition'>, Readonly<Record<string, Make>>>> = {
  bigint: {
    field: (maker) => maker.of([fields.int, fields.small, fields.bigint, fields.reserved]),
    literal: (maker) =>
      maker.of([whole('7', 7), whole('-3', 3), whole('0', 0), whole('2147483648', 2_147_483_648)]),
    add: (maker, depth) => maker.arithmetic('bigint', '+', depth),
    subtract: (maker, depth) => maker.arithmetic('bigint', '-', depth),
    multiply: (maker, depth) => maker.arithmetic('bigint', '*', depth),
    negate: (maker, depth) => maker.wrap('bigint', depth, (it) => `-(${it})`),
    modulo: (maker, depth) => {
      const left = maker.make('bigint', depth)
      const right = maker.of([fields.small, fields.int, whole('3', 3), whole('-7', 7)])
      return whole(`(${left.text}) % ${parens(right.text)}`, left.bound)
    },
    abs: (maker, depth) => maker.wrap('bigint', depth, (it) => `abs(${it})`),
    length: (maker, depth) => whole(`length(${maker.make('string', depth).text})`, 10_000),
    'cast-string': (maker, depth) =>
      whole(`cast(${maker.yes(0.7) ? 's' : maker.make('string', depth).text} as bigint)`, largest.bigint * 3),
    'cast-double': (maker, depth) =>
      whole(`cast(${maker.make('double', depth).text} as bigint)`, 9_007_199_254_740_992),
    coalesce: (maker, depth) => maker.merge('bigint', depth, (a, b) => `coalesce(${a}, ${b})`),
    nullif: (maker, depth) => maker.merge('bigint', depth, (a, b) => `nullif(${a}, ${b})`),
    case: (maker, depth) => maker.choose('bigint', depth),
  },
  double: {
    field: (maker) => maker.of([fields.exact, fields.exact, fields.other, fields.extreme]),
    literal: (maker) =>
      maker.of([
        { text: '0.5', bound: 0.5, grain: 1 },
        { text: '-2.25', bound: 3, grain: 2 },
      ]),
    add: (maker, depth) => maker.arithmetic('double', '+', depth),
    subtract: (maker, depth) => maker.arithmetic('double', '-', depth),
    multiply: (maker, depth) => maker.arithmetic('double', '*', depth),
    divide: (maker, depth) => {
      const left = maker.make(maker.of(['double', 'bigint']), depth)
      const right = maker.of([fields.exact, fields.other, fields.small, fields.int, whole('3', 3)])
      return { text: `(${left.text}) / ${right.text}`, bound: left.bound * 8, grain: anything }
    },
    'decimal-multiply': (maker, depth) => ({
      text: `(${maker.make('decimal', depth).text}) * ${maker.of(['m', '2', 'n'])}`,
      bound: 1e40,
      grain: anything,
    }),
    negate: (maker, depth) => maker.wrap('double', depth, (it) => `-(${it})`),
    abs: (maker, depth) => maker.wrap('double', depth, (it) => `abs(${it})`),
    floor: (maker, depth) => maker.wrap('double', depth, (it) => `floor(${it})`, 1),
    ceil: (maker, depth) => maker.wrap('double', depth, (it) => `ceil(${it})`, 1),
    round: (maker, depth) => maker.wrap('double', depth, (it) => `round(${it})`, 1),
    'round-places': (maker) => {
      const { text, bound } = maker.of([fields.exact, fields.other, fields.extreme])
      return { text: `round(${text}, ${maker.of([0, 1, 2])})`, bound, grain: anything }
    },
    'cast-bigint': (maker, depth) => {
      const { text, bound } = maker.make('bigint', depth)
      return { text: `cast(${text} as double)`, bound, grain: 0 }
    },
    'cast-decimal': (maker, depth) => ({
      text: `cast(${maker.make('decimal', depth).text} as double)`,
      bound: 1e20,
      grain: anything,
    }),
    'cast-string': (maker, depth) => ({
      text: `cast(${maker.yes(0.7) ? 's' : maker.make('string', depth).text} as double)`,
      bound: 1e100,
      grain: anything,
    }),
    coalesce: (maker, depth) => maker.merge('double', depth, (a, b) => `coalesce(${a}, ${b})`),
    nullif: (maker, depth) => maker.merge('double', depth, (a, b) => `nullif(${a}, ${b})`),
    case: (maker, depth) => maker.choose('double', depth),
  },
  decimal: {
    field: (maker) => maker.of([fields.decimal, fields.fine]),
    add: (maker, depth) => maker.decimals('+', depth),
    subtract: (maker, depth) => maker.decimals('-', depth),
    negate: (maker, depth) => maker.wrap('decimal', depth, (it) => `-(${it})`),
    abs: (maker, depth) => maker.wrap('decimal', depth, (it) => `abs(${it})`),
    'cast-wider': () => textual('cast(m as decimal(20,4))'),
    'cast-bigint': (maker) => textual(maker.of(['cast(i as decimal(12,2))', 'cast(b as decimal(5,1))'])),
    coalesce: (maker, depth) => maker.merge('decimal', depth, (a, b) => `coalesce(${a}, ${b})`),
    nullif: (maker, depth) => maker.merge('decimal', depth, (a, b) => `nullif(${a}, ${b})`),
    case: (maker, depth) => maker.choose('decimal', depth),
  },
  string: {
    field: (maker) => textual(maker.of(['s', 't'])),
    literal: (maker) => textual(maker.of(["'x'", "''", "'it''s -- /* \\ ${x} %'", "'€'"])),
    concat: (maker, depth) => maker.merge('string', depth, (a, b) => `${parens(a)} || ${parens(b)}`),
    upper: (maker, depth) => maker.wrap('string', depth, (it) => `upper(${it})`),
    lower: (maker, depth) => maker.wrap('string', depth, (it) => `lower(${it})`),
    trim: (maker, depth) => maker.wrap('string', depth, (it) => `trim(${it})`),
    substring: (maker, depth) =>
      maker.wrap('string', depth, (it) => `substring(${it}, ${maker.of([1, 2, 99])})`),
    'substring-length': (maker, depth) =>
      maker.wrap(
        'string',
        depth,
        (it) => `substring(${it}, ${maker.of([1, 2, 5])}, ${maker.of([0, 1, 2, 50])})`,
      ),
    'cast-int': () => textual('cast(i as string)'),
    'cast-bigint': (maker, depth) => textual(`cast(${maker.make('bigint', depth).text} as string)`),
    'cast-boolean': (maker, depth) => textual(`cast(${maker.make('boolean', depth).text} as string)`),
    coalesce: (maker, depth) => maker.merge('string', depth, (a, b) => `coalesce(${a}, ${b})`),
    nullif: (maker, depth) => maker.merge('string', depth, (a, b) => `nullif(${a}, ${b})`),
    case: (maker, depth) => maker.choose('string', depth),
  },
  boolean: {
    field: (maker) => textual(maker.of(['o', 'p'])),
    condition: (maker, depth) => textual(`(${maker.condition(depth)})`),
    coalesce: (maker) => textual(maker.of(['coalesce(o, p)', 'coalesce(o, false)', 'coalesce(p, true)'])),
    nullif: () => textual('nullif(o, p)'),
    case: (maker, depth) => maker.choose('boolean', depth),
  },
  timestamp: {
    field: (maker) => textual(maker.of(['at', 'other'])),
    coalesce: () => textual('coalesce(other, at)'),
    nullif: () => textual('nullif(other, at)'),
    case: (maker, depth) => textual(`case when ${maker.condition(depth)} then other else at end`),
  },
}

const conditions: Readonly<Record<string, (maker: Maker, depth: number) => string>> = {
  'compare-bigint': (maker, depth) => maker.compare('bigint', depth),
  'compare-double': (maker, depth) => maker.compare('double', depth),
  'compare-decimal': (maker, depth) => maker.compare('decimal', depth),
  'compare-decimal-literal': (maker) =>
    `m ${maker.of(comparisons)} ${maker.of(['0.5', '12.345', '-3', '0'])}`,
  'compare-string': (maker, depth) => maker.compare('string', depth),
  'compare-boolean': (maker) => maker.of(['o = p', 'o <> p', 'o = true', 'p <> false']),
  'compare-timestamp': (maker) => `other ${maker.of(comparisons)} at`,
  'compare-mixed': (maker) => maker.of(['i > d', 'd <= b', 'm < d', 'i = m', 'a > m']),
  and: (maker, depth) => `${maker.part(depth)} and ${maker.part(depth)}`,
  or: (maker, depth) => `${maker.part(depth)} or ${maker.part(depth)}`,
  not: (maker, depth) => `not ${maker.part(depth)}`,
  'in-bigint': (maker) => `${maker.of(['i', 'b', 'a'])} in (0, 1, -7, 9007199254740993)`,
  'in-string': (maker, depth) => `${maker.operand('string', depth)} in ('', 'abc', 'it''s', '12')`,
  'in-decimal': () => 'm in (0.5, 12.35, 1)',
  'in-double': () => 'd in (0.125, 2.5, 3)',
  'not-in': (maker) => maker.of(["s not in ('abc', 'x')", 'b not in (1, 3)', 'm not in (0.05, 2)']),
  between: (maker, depth) => `${maker.operand('bigint', depth)} between -5 and 100`,
  'between-others': (maker) =>
    maker.of(['d between e and 2.5', 'm between 0 and 12.35', "s between 'a' and 'y'", 'i between b and a']),
  'not-between': (maker) =>
    maker.of(['b not between 0 and 5', "t not between 'a' and 'b'", 'd not between e and d']),
  like: (maker, depth) =>
    `${maker.operand('string', depth)} like ${maker.of(["'a%'", "'%b%'", "'_'", "'a_b'", "'%\\%'", "''", "'%'"])}`,
  'not-like': (maker) => maker.of(["s not like 'a%'", "t not like '%_c'"]),
  'like-escape': (maker) =>
    maker.of(["s like '%!%%' escape '!'", "s like 'a!_b' escape '!'", "s not like '%##%' escape '#'"]),
  'is-null': (maker, depth) => `(${maker.make(maker.any(), depth).text}) is null`,
  'is-not-null': (maker, depth) => `(${maker.make(maker.any(), depth).text}) is not null`,
  'condition-is-null': (maker, depth) => `(${maker.condition(depth)}) is null`,
  truth: (maker, depth) => maker.make('boolean', depth).text,
  'not-truth': (maker) => maker.of(['not o', 'not p', 'not coalesce(o, p)']),
}

const valueKinds = Object.keys(forms) as Exclude<Kind, 'condition'>[]

/** `kind.form` each. */
export const allForms: readonly string[] = [
  ...valueKinds.flatMap((kind) => Object.keys(forms[kind]).map((form) => `${kind}.${form}`)),
  ...Object.keys(conditions).map((form) => `condition.${form}`),
]

/** Makes expressions and remembers of which forms they are. */
export class Maker extends Chance {
  readonly used = new Set<string>()

  any(): Exclude<Kind, 'condition'> {
    return this.of(valueKinds)
  }

  /** At depth 0 only fields. */
  make(kind: Exclude<Kind, 'condition'>, depth: number): Expression {
    return this.form(kind, depth <= 0 ? 'field' : this.of(Object.keys(forms[kind])), depth)
  }

  form(kind: Exclude<Kind, 'condition'>, name: string, depth: number): Expression {
    this.used.add(`${kind}.${name}`)
    return forms[kind][name]!(this, depth - 1)
  }

  condition(depth: number): string {
    const simple = [
      'compare-mixed',
      'compare-timestamp',
      'not-in',
      'not-like',
      'not-truth',
      'compare-boolean',
    ]
    return this.conditionForm(this.of(depth <= 0 ? simple : Object.keys(conditions)), depth)
  }

  conditionForm(name: string, depth: number): string {
    this.used.add(`condition.${name}`)
    return conditions[name]!(this, depth - 1)
  }

  part(depth: number): string {
    return `(${this.condition(depth)})`
  }

  operand(kind: Exclude<Kind, 'condition'>, depth: number): string {
    return parens(this.make(kind, depth).text)
  }

  compare(kind: Exclude<Kind, 'condition'>, depth: number): string {
    return `${this.operand(kind, depth)} ${this.of(comparisons)} ${this.operand(kind, depth)}`
  }

  arithmetic(kind: 'bigint' | 'double', operator: '+' | '-' | '*', depth: number): Expression {
    const left = this.make(kind, depth)
    const right = this.make(kind, depth)
    const combined = combine(left, right, operator)
    if (combined.bound <= largest[kind]) return combined
    const small = kind === 'bigint' ? fields.small : fields.other
    const smaller = combine(left, small, operator)
    return smaller.bound <= largest[kind] ? smaller : combine(small, small, operator)
  }

  decimals(operator: '+' | '-', depth: number): Expression {
    const right = this.yes(0.3) ? this.of(['0.05', '-12.5', '3', 'i']) : this.make('decimal', depth).text
    return textual(`(${this.make('decimal', depth).text}) ${operator} ${parens(right)}`)
  }

  wrap(
    kind: Exclude<Kind, 'condition'>,
    depth: number,
    write: (text: string) => string,
    more = 0,
  ): Expression {
    const { text, bound, grain } = this.make(kind, depth)
    return { text: write(text), bound: bound + more, grain }
  }

  merge(
    kind: Exclude<Kind, 'condition'>,
    depth: number,
    write: (a: string, b: string) => string,
  ): Expression {
    const [a, b] = [this.make(kind, depth), this.make(kind, depth)]
    return {
      text: write(a.text, b.text),
      bound: Math.max(a.bound, b.bound),
      grain: Math.max(a.grain, b.grain),
    }
  }

  choose(kind: Exclude<Kind, 'condition'>, depth: number): Expression {
    const otherwise = this.of([(it: string) => ` else ${it}`, () => ' else null', () => ''])
    const when = this.condition(depth)
    const two = this.yes(0.3) ? ` when ${this.condition(depth)} then null` : ''
    return this.merge(kind, depth, (a, b) => `case when ${when} then ${a}${two}${otherwise(b)} end`)
  }
}

function combine(left: Expression, right: Expression, operator: '+' | '-' | '*'): Expression {
  const times = operator === '*'
  return {
    text: `(${left.text}) ${operator} ${parens(right.text)}`,
    bound: times ? left.bound * right.bound : left.bound + right.bound,
    grain: times ? left.grain + right.grain : Math.max(left.grain, right.grain),
  }
}

function parens(text: string): string {
  return /^[a-z]+$|^`[a-z]+`$|^[0-9.]+$/.test(text) ? text : `(${text})`
}
