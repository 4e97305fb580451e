/** The pipelines of a seed: number n of a seed is always the same one. */
import type { Case, Parts } from './case.ts'
import { fields, type Plan, records } from './data.ts'
import { allForms, type Expression, type Kind, Maker } from './expressions.ts'

export interface Generated extends Case {
  /** The forms of expression and the aggregates over them that the pipeline holds. */
  readonly forms: ReadonlySet<string>
  readonly beginsBefore1970: boolean
}

export interface Wishes {
  readonly seed: number
  /** Of how many pipelines this is part. */
  readonly rows: number
  readonly metrics: number
  /** Whether text may hold characters beyond the BMP, which ksqlDB counts twice. */
  readonly astral: boolean
}

interface Time {
  readonly format: string
  readonly resolution: number
}

const times: readonly Time[] = [
  { format: 'yyyy-MM-dd HH:mm:ss.SSS', resolution: 1 },
  { format: 'epoch_millis', resolution: 1 },
  { format: 'iso8601', resolution: 1 },
  { format: 'epoch_seconds', resolution: 1_000 },
  { format: 'dd/MM/yyyy HH:mm:ss.SSS', resolution: 1 },
  { format: 'yyyyMMddHHmmssSSS', resolution: 1 },
  { format: "yyyy-MM-dd'T'HH:mm:ss", resolution: 1_000 },
  { format: 'yyyy-MM-dd HH:mm', resolution: 60_000 },
]
const zones = ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kolkata', 'Australia/Lord_Howe']
const bases = [
  Date.UTC(2024, 1, 28, 23, 59),
  Date.UTC(1969, 11, 31, 23, 59, 30),
  Date.UTC(2024, 2, 31, 0, 55),
  Date.UTC(2038, 0, 19, 3, 13, 50),
  Date.UTC(1960, 5, 1),
  Date.UTC(2026, 11, 31, 23, 50),
]
const spans = [500, 1_000, 2_500, 3_000, 60_000, 420_000, 3_600_000, 86_400_000]
const groups: readonly (readonly string[])[] = [
  [],
  ['g'],
  ['k'],
  ['o'],
  ['g', 'o'],
  ['m'],
  ['other'],
  ['k', 'g'],
  ['a'],
  [],
]

export function generate(wishes: Wishes, index: number): Generated {
  const maker = new Maker(Math.imul(wishes.seed, 1_000_003) + index)
  const shape = shapeOf(maker, index)
  const { metrics, loose } = metricsOf(maker, wishes, index)
  const where = index % 3 === 0 ? null : maker.condition(2)
  const parts: Parts = { ...shape.parts, fields, where, groupBy: groups[index % groups.length]!, metrics }
  const plan: Plan = { ...shape.plan, rows: wishes.rows, malformed: 0.04, astral: wishes.astral }
  return {
    title: `seed ${wishes.seed}, pipeline ${index}`,
    parts,
    records: records(maker, parts, plan),
    loose,
    forms: maker.used,
    beginsBefore1970: plan.base < 0,
  }
}

/** Window, times, delay and partitions. Each comes round by the number; what meets what is left to chance. */
function shapeOf(maker: Maker, index: number) {
  const time = times[index % times.length]!
  const zoned = time.format.includes('yyyy') && maker.yes(0.4)
  const least = Math.max(500, time.resolution)
  const span = maker.of(spans.filter((each) => each >= least))
  const partitions = [1, 2, 1, 3][Math.floor(index / 2) % 4]!
  const late = partitions === 1 && index % 2 === 0
  const window = windowOf(maker, span, index)
  const strict = window.type === 'session' && !late
  const delay = maker.of([strict ? span : 0, Math.floor(span / 2), span, 2 * span + 1])
  return {
    parts: {
      partitions,
      format: time.format,
      zone: zoned ? maker.of(zones) : 'UTC',
      delay: `${delay}ms`,
      window,
      parallelism: partitions > 1 && maker.yes(0.4) ? 2 : 1,
      late,
    },
    plan: {
      base: maker.of(bases),
      span,
      delay,
      // A row exactly at a session's end joins it or not, depending on whose clock has closed it by then.
      disorder: strict ? delay - 1 : delay,
      resolution: time.resolution,
    },
  }
}

function windowOf(maker: Maker, span: number, index: number): Readonly<Record<string, string>> {
  const offset = Math.floor(span / maker.of([3, 4, 500]))
  switch (index % 5) {
    case 0:
      return { type: 'tumbling', size: `${span}ms` }
    case 1:
      return { type: 'hopping', size: `${span}ms`, advance: `${span / maker.of([2, 4, 5])}ms` }
    case 2:
      return { type: 'session', gap: `${Math.max(1, Math.floor(span / maker.of([1, 3, 6])))}ms` }
    case 3:
      return { type: 'tumbling', size: `${span}ms`, offset: `${offset}ms` }
    default:
      return {
        type: 'hopping',
        size: `${span}ms`,
        advance: `${span / 2}ms`,
        offset: `${Math.min(offset, span / 2 - 1)}ms`,
      }
  }
}

/** The outermost forms take turns, so that few pipelines hold all of them. */
function metricsOf(maker: Maker, { metrics: count, rows }: Wishes, index: number) {
  const metrics: Record<string, string> = { rows_: 'count(*)' }
  const loose = new Set<string>()
  for (let number = 0; number < count; number++) {
    const form = allForms[(index * count + number) % allForms.length]!
    const name = `m${number}_${form.replaceAll(/[^a-z]/g, '_')}`
    const [kind, own] = form.split('.') as [Kind, string]
    const made = kind === 'condition' ? conditionMetric(maker, own) : valueMetric(maker, kind, own, rows)
    metrics[name] = made.text
    if (made.loose) loose.add(name)
  }
  return { metrics, loose }
}

interface MadeMetric {
  readonly text: string
  readonly loose: boolean
}

function conditionMetric(maker: Maker, form: string): MadeMetric {
  maker.used.add('aggregate.count')
  return { text: `count(case when ${maker.conditionForm(form, 3)} then 1 end)`, loose: false }
}

function valueMetric(maker: Maker, kind: Exclude<Kind, 'condition'>, form: string, rows: number): MadeMetric {
  const made = maker.form(kind, form, 3)
  const aggregate = maker.of(aggregatesOf(kind, made, rows))
  maker.used.add(`aggregate.${aggregate}.${kind}`)
  if (aggregate === 'distinct') return { text: `count(distinct ${made.text})`, loose: false }
  const adds = aggregate === 'sum' || aggregate === 'avg'
  if (!adds || kind !== 'double' || isExactSum(made, rows))
    return { text: `${aggregate}(${made.text})`, loose: false }
  // Without cancellation, so that the order of adding matters in the last digits only.
  return { text: `${aggregate}(abs(${made.text}))`, loose: true }
}

type AggregateName = 'count' | 'distinct' | 'min' | 'max' | 'sum' | 'avg'

function aggregatesOf(kind: Kind, { bound }: Expression, rows: number): readonly AggregateName[] {
  switch (kind) {
    case 'boolean':
      return ['count', 'distinct']
    case 'bigint':
      return bound * rows < 9e18 ? ['sum', 'avg', 'min', 'max', 'distinct'] : ['min', 'max', 'distinct']
    case 'double':
      return bound * rows < 1e306 ? ['sum', 'avg', 'min', 'max', 'distinct'] : ['min', 'max', 'distinct']
    case 'decimal':
      return ['sum', 'avg', 'min', 'max', 'distinct']
    default:
      return ['min', 'max', 'count', 'distinct']
  }
}

function isExactSum({ bound, grain }: Expression, rows: number): boolean {
  return bound * rows * 2 ** Math.min(grain, 1_000) < 2 ** 53
}
