/** What a sound pipeline may still get wrong: what its engines cannot do, topics that clash, and what will surprise. */
import { type Diagnostic, diagnostic } from './diagnostics/diagnostic.ts'
import { features, requestsOf } from './features.ts'
import type { EngineName, Pipeline, Span, Window } from './ir.ts'
import type { Path } from './source.ts'
import { columnProblems as ksqldbColumnProblems } from './targets/ksqldb/names.ts'
import { columnProblems, tableCollisions } from './targets/pinot/names.ts'
import type { Target, TargetName } from './targets/target.ts'

/** The place of a value of the document, or of what stands nearest above it. */
type Place = (path: Path) => Span

export function check(pipeline: Pipeline, targets: readonly Target[], place: Place): readonly Diagnostic[] {
  return [
    ...targets.flatMap((target) => unsupported(pipeline, target)),
    ...topicCollisions(pipeline, place),
    ...ksqldbNames(pipeline),
    ...pinotNames(pipeline, place),
    ...lateRows(pipeline, place),
    ...lateTopic(pipeline, place),
    ...surprises(pipeline, place),
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
    const instead = capability.instead.replace(/\.?$/, '.')
    return [
      diagnostic('unsupported', at, { engine: titles[target.name], feature: features[feature], instead }),
    ]
  })
}

interface NamedTopic {
  readonly topic: string
  readonly owner: string
  readonly at: Span
}

/** Kafka refuses a topic whose name differs from another's only in dots and underscores. */
function topicCollisions({ source, engines }: Pipeline, place: Place): Diagnostic[] {
  const results = (['flink', 'ksqldb', 'spark'] as const).flatMap((name): NamedTopic[] => {
    const engine = engines[name]
    if (engine === null) return []
    return [{ topic: engine.topic, owner: `the results of ${name}`, at: place(['engines', name, 'topic']) }]
  })
  const late = engines.flink?.lateTopic
  const all: NamedTopic[] = [
    { topic: source.topic, owner: 'the source', at: place(['source', 'topic']) },
    ...results,
    ...(late == null
      ? []
      : [{ topic: late, owner: 'the late rows of flink', at: place(['engines', 'flink', 'late_topic']) }]),
  ]
  const owners = new Map<string, string>()
  return all.flatMap(({ topic, owner, at }) => {
    const key = topic.replaceAll('.', '_')
    const other = owners.get(key)
    owners.set(key, other ?? owner)
    return other === undefined ? [] : [diagnostic('topic-collision', at, { topic, other })]
  })
}

function ksqldbNames(pipeline: Pipeline): Diagnostic[] {
  if (pipeline.engines.ksqldb === null) return []
  return ksqldbColumnProblems(pipeline).map(({ name, why, at }) =>
    diagnostic('ksqldb-column', at, { name, why }),
  )
}

function pinotNames(pipeline: Pipeline, place: Place): Diagnostic[] {
  if (pipeline.pinot === null || pipeline.pinot.engines.length === 0) return []
  return [
    ...columnProblems(pipeline).map(({ name, at }) => diagnostic('pinot-column', at, { name })),
    ...tableCollisions(pipeline).map(({ engine, ...names }) =>
      diagnostic('pinot-table', place(['engines', engine, 'topic']), names),
    ),
    ...sessionUpdates(pipeline, pipeline.pinot.engines, place),
  ]
}

/** Such a session's key is a window_start that no later row has. */
function sessionUpdates(
  { window, engines }: Pipeline,
  served: readonly EngineName[],
  place: Place,
): Diagnostic[] {
  if (window.kind !== 'session' || engines.ksqldb?.emit !== 'changes' || !served.includes('ksqldb')) return []
  const at = place(['engines', 'ksqldb', 'emit'])
  return [
    diagnostic('pinot-session-updates', at, {}, 'write "emit: final", or leave ksqldb out of "serving"'),
  ]
}

function lateRows({ source, engines }: Pipeline, place: Place): Diagnostic[] {
  if (engines.spark?.lateRows !== 'exact' || source.partitions === 1) return []
  const at = place(['engines', 'spark', 'late_rows'])
  return [diagnostic('late-rows-partitions', at, { partitions: source.partitions })]
}

function lateTopic({ window, engines }: Pipeline, place: Place): Diagnostic[] {
  if (engines.flink?.lateTopic == null) return []
  const at = place(['engines', 'flink', 'late_topic'])
  if (window.kind === 'session') return [diagnostic('late-topic-sessions', at, {})]
  const { parallelism } = engines.flink
  return parallelism === 1 ? [] : [diagnostic('late-topic-parallelism', at, { parallelism })]
}

function surprises(pipeline: Pipeline, place: Place): Diagnostic[] {
  const { source, engines } = pipeline
  const { partitions } = source
  const found: Diagnostic[] = []
  if (engines.ksqldb?.emit === 'final' && partitions > 1) {
    found.push(
      diagnostic(
        'final-several-partitions',
        place(['engines', 'ksqldb', 'emit']),
        { partitions },
        'write "emit: changes", or leave "emit" out',
      ),
    )
  }
  if (engines.flink !== null && engines.flink.parallelism > partitions) {
    found.push(
      diagnostic('parallelism-unused', place(['engines', 'flink', 'parallelism']), {
        parallelism: engines.flink.parallelism,
        partitions,
      }),
    )
  }
  if (source.eventTime.watermarkDelay === 0 && partitions > 1) {
    found.push(
      diagnostic(
        'zero-delay',
        place(['source', 'event_time', 'watermark_delay']),
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
  const { watermarkDelay } = pipeline.source.eventTime
  const everywhere = openWindows(pipeline.window, watermarkDelay)
  const onKsqldb = openWindows(pipeline.window, pipeline.engines.ksqldb?.grace ?? watermarkDelay)
  const windows = Math.max(everywhere, onKsqldb)
  if (first === undefined || windows < manyWindows) return []
  const bytes = windows * windowBytes(pipeline.metrics.length) * 1000
  const group = unbounded.map((each) => `"${each.name}"`).join(', ')
  return [
    diagnostic('state-size', first.at, {
      windows: windows.toLocaleString('en'),
      bytes: byteText(bytes),
      group,
      engines: windows === everywhere ? 'each engine' : 'ksqlDB, for as long as its `grace`',
    }),
  ]
}

/** How many windows of one group can be open at once where they are kept so many milliseconds beyond their end. */
function openWindows(window: Window, keep: number): number {
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
