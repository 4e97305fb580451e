/** What a pipeline may ask of an engine that not every engine can do, and where a given pipeline asks for it. */
import { type Node, nodesOf } from './expression/parts.ts'
import type { FunctionName, Metric, Pipeline, Span, Type } from './ir.ts'

/** Titles as the capability table prints them. */
export const features = {
  'window-tumbling': 'tumbling windows',
  'window-hopping': 'hopping windows',
  'window-session': 'session windows',
  'window-offset': 'window `offset`',
  'event-time-pattern': 'event time as text in a pattern',
  'event-time-iso8601': 'event time as ISO-8601',
  'event-time-epoch-millis': 'event time in epoch milliseconds',
  'event-time-epoch-seconds': 'event time in epoch seconds',
  'time-zone': 'a `time_zone` other than UTC',
  'several-partitions': 'several source partitions',
  'group-by': '`group_by`',
  'type-decimal': '`decimal` fields',
  'type-timestamp': 'timestamp fields beside the event time',
  'aggregate-sum-avg': '`sum` and `avg`',
  'aggregate-min-max': '`min` and `max` of numbers',
  'aggregate-min-max-string': '`min` and `max` of strings',
  'aggregate-min-max-timestamp': '`min` and `max` of timestamps',
  'aggregate-count-distinct': '`count(distinct x)`',
  'expression-arithmetic': '`+ - * / %`',
  'expression-case': '`case when`',
  'expression-cast': '`cast`',
  'expression-like': '`like`',
  'expression-number-functions': '`abs`, `floor`, `ceil`, `round`',
  'expression-text-functions': '`upper`, `lower`, `trim`, `length`, `substring`, `||`',
} as const satisfies Record<string, string>

/** What a single engine's own options ask for; on the other engines they do not exist. */
export const engineOptions = {
  late_topic: 'late rows to a topic of their own (`late_topic`)',
  late_rows: 'the late rule to the row on request (`late_rows: exact`)',
  emit: 'updates instead of one final row (`emit: changes`)',
  grace: 'a grace period of its own (`grace`)',
  parallelism: '`parallelism`',
} as const

export type Feature = keyof typeof features

export interface Request {
  readonly feature: Feature
  readonly at: Span
}

/** Every feature that the pipeline uses, once for each place that asks for it. */
export function requestsOf(pipeline: Pipeline): readonly Request[] {
  return [
    ...windowRequests(pipeline),
    ...sourceRequests(pipeline),
    ...pipeline.groupBy.map((field): Request => ({ feature: 'group-by', at: field.at })),
    ...(pipeline.where === null ? [] : expressionRequests(pipeline.where)),
    ...pipeline.metrics.flatMap(metricRequests),
  ]
}

function windowRequests({ window }: Pipeline): Request[] {
  const requests: Request[] = [{ feature: `window-${window.kind}`, at: window.at }]
  if (window.kind !== 'session' && window.offset !== 0) {
    requests.push({ feature: 'window-offset', at: window.at })
  }
  return requests
}

const timeFeatures = {
  pattern: 'event-time-pattern',
  iso8601: 'event-time-iso8601',
  epoch_millis: 'event-time-epoch-millis',
  epoch_seconds: 'event-time-epoch-seconds',
} as const

function sourceRequests({ source }: Pipeline): Request[] {
  const { eventTime } = source
  const requests: Request[] = [{ feature: timeFeatures[eventTime.format.kind], at: eventTime.at }]
  if (eventTime.timeZone !== 'UTC') requests.push({ feature: 'time-zone', at: eventTime.at })
  if (source.partitions > 1) requests.push({ feature: 'several-partitions', at: source.at })
  for (const field of source.fields) {
    if (field.type.kind === 'decimal') requests.push({ feature: 'type-decimal', at: field.at })
    if (field.type.kind === 'timestamp' && field.name !== eventTime.field) {
      requests.push({ feature: 'type-timestamp', at: field.at })
    }
  }
  return requests
}

function metricRequests(metric: Metric): Request[] {
  const { aggregate, at } = metric
  if (aggregate.kind === 'count-rows') return []
  const inner = expressionRequests(aggregate.argument)
  switch (aggregate.kind) {
    case 'count':
      return inner
    case 'count-distinct':
      return [{ feature: 'aggregate-count-distinct', at }, ...inner]
    case 'sum':
    case 'avg':
      return [{ feature: 'aggregate-sum-avg', at }, ...inner]
    case 'min':
    case 'max':
      return [{ feature: extremeFeature(aggregate.argument.type), at }, ...inner]
  }
}

function extremeFeature(type: Type): Feature {
  if (type.kind === 'string') return 'aggregate-min-max-string'
  return type.kind === 'timestamp' ? 'aggregate-min-max-timestamp' : 'aggregate-min-max'
}

function expressionRequests(expression: Node): Request[] {
  return nodesOf(expression).flatMap((node) => {
    const feature = node.kind === 'call' ? callFeatures[node.function] : nodeFeatures[node.kind]
    return feature === undefined ? [] : [{ feature, at: node.at }]
  })
}

/** The other kinds are on every engine. */
const nodeFeatures: Partial<Record<Node['kind'], Feature>> = {
  arithmetic: 'expression-arithmetic',
  divide: 'expression-arithmetic',
  modulo: 'expression-arithmetic',
  negate: 'expression-arithmetic',
  concat: 'expression-text-functions',
  case: 'expression-case',
  cast: 'expression-cast',
  like: 'expression-like',
}

const callFeatures: Readonly<Record<FunctionName, Feature>> = {
  abs: 'expression-number-functions',
  floor: 'expression-number-functions',
  ceil: 'expression-number-functions',
  round: 'expression-number-functions',
  upper: 'expression-text-functions',
  lower: 'expression-text-functions',
  trim: 'expression-text-functions',
  length: 'expression-text-functions',
  substring: 'expression-text-functions',
}
