/** What a sound pipeline may still get wrong: what its engines cannot do, topics that clash, and what will surprise. */
import { type Diagnostic, diagnostic } from './diagnostics/diagnostic.ts'
import { features, requestsOf } from './features.ts'
import type { Pipeline, Span } from './ir.ts'
import type { Target, TargetName } from './targets/target.ts'

export function check(pipeline: Pipeline, targets: readonly Target[]): readonly Diagnostic[] {
  return [
    ...targets.flatMap((target) => unsupported(pipeline, target)),
    ...topicCollisions(pipeline),
    ...lateRows(pipeline),
    ...surprises(pipeline),
  ]
}

/** How messages and documents call a target. */
export const titles: Readonly<Record<TargetName, string>> = {
  kafka: 'Kafka',
  flink: 'Flink',
  ksqldb: 'ksqlDB',
  spark: 'Spark',
  duckdb: 'The embedded engine',
  pinot: 'Pinot',
  compose: 'Docker Compose',
}

function unsupported(pipeline: Pipeline, target: Target): Diagnostic[] {
  const { capabilities } = target
  return requestsOf(pipeline).flatMap(({ feature, at }) => {
    const capability = capabilities[feature]
    if (capability === 'yes') return []
    const hint = target.name in pipeline.engines ? `or take ${target.name} out of "engines"` : null
    return [
      diagnostic(
        'unsupported',
        at,
        { engine: titles[target.name], feature: features[feature], instead: capability.instead },
        hint,
      ),
    ]
  })
}

interface NamedTopic {
  readonly topic: string
  readonly owner: string
  readonly at: Span
}

/** Kafka refuses a topic whose name differs from another's only in dots and underscores. */
function topicCollisions({ source, engines }: Pipeline): Diagnostic[] {
  const { flink, ksqldb, spark } = engines
  const results: NamedTopic[] = [
    { topic: source.topic, owner: 'the source', at: source.at },
    ...(['flink', 'ksqldb', 'spark'] as const).flatMap((name) => {
      const engine = { flink, ksqldb, spark }[name]
      return engine === null ? [] : [{ topic: engine.topic, owner: `the results of ${name}`, at: engine.at }]
    }),
    ...(flink?.lateTopic == null
      ? []
      : [{ topic: flink.lateTopic, owner: 'the late rows of flink', at: flink.at }]),
  ]
  const owners = new Map<string, string>()
  return results.flatMap(({ topic, owner, at }) => {
    const key = topic.replaceAll(/[.-]/g, '_')
    const other = owners.get(key)
    owners.set(key, other ?? owner)
    return other === undefined ? [] : [diagnostic('topic-collision', at, { topic, other })]
  })
}

function lateRows({ source, engines }: Pipeline): Diagnostic[] {
  if (engines.spark?.lateRows !== 'exact' || source.partitions === 1) return []
  return [diagnostic('late-rows-partitions', engines.spark.at, { partitions: source.partitions })]
}

function surprises(pipeline: Pipeline): Diagnostic[] {
  const { source, engines } = pipeline
  const { partitions } = source
  const found: Diagnostic[] = []
  if (engines.ksqldb?.emit === 'final' && partitions > 1) {
    found.push(
      diagnostic(
        'final-several-partitions',
        engines.ksqldb.at,
        { partitions },
        'write "emit: changes", or leave "emit" out',
      ),
    )
  }
  if (engines.flink !== null && engines.flink.parallelism > partitions) {
    found.push(
      diagnostic('parallelism-unused', engines.flink.at, {
        parallelism: engines.flink.parallelism,
        partitions,
      }),
    )
  }
  if (source.eventTime.watermarkDelay === 0 && partitions > 1) {
    found.push(
      diagnostic(
        'zero-delay',
        source.eventTime.at,
        { partitions },
        'add a "watermark_delay" of a few seconds',
      ),
    )
  }
  return [...found, ...stateSize(pipeline)]
}

/** Above this many open windows for every value of the group, state is worth a word. */
const manyWindows = 100

/**
 * Bytes that one open window of one group costs: about 64 for key and bounds and 16 for each metric. An estimate to
 * tell megabytes from gigabytes, not a measurement.
 */
function windowBytes(metrics: number): number {
  return 64 + 16 * metrics
}

function stateSize(pipeline: Pipeline): Diagnostic[] {
  const unbounded = pipeline.groupBy.filter((each) => each.type.kind !== 'boolean')
  const [first] = unbounded
  const windows = openWindows(pipeline)
  if (first === undefined || windows < manyWindows) return []
  const bytes = windows * windowBytes(pipeline.metrics.length) * 1000
  const group = unbounded.map((each) => `"${each.name}"`).join(', ')
  return [
    diagnostic('state-size', first.at, {
      windows: windows.toLocaleString('en'),
      bytes: byteText(bytes),
      group,
    }),
  ]
}

/** How many windows of one group can be open at once, on the engine that keeps them longest. */
function openWindows({ window, source, engines }: Pipeline): number {
  const keep = Math.max(source.eventTime.watermarkDelay, engines.ksqldb?.grace ?? 0)
  switch (window.kind) {
    case 'tumbling':
      return Math.ceil((window.size + keep) / window.size)
    case 'hopping':
      return Math.ceil((window.size + keep) / window.advance)
    case 'session':
      return Math.ceil((window.gap + keep) / window.gap)
  }
}

function byteText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}
