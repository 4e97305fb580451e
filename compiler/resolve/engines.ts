/** The engines' own options, and what serves their results. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { PipelineDocument } from '../document.ts'
import { durationText } from '../duration.ts'
import type { Engines, PinotServing, Source, Span } from '../ir.ts'
import { duration, type Scope } from './scope.ts'

const dayMillis = 86_400_000

export function resolveEngines(document: PipelineDocument, source: Source, scope: Scope): Engines {
  const { flink, ksqldb, spark } = document.engines
  const at = (name: string): Span => scope.keyAt(['engines', name])
  return {
    flink:
      flink === undefined
        ? null
        : {
            topic: flink.topic,
            parallelism: flink.parallelism ?? 1,
            lateTopic: flink.late_topic ?? null,
            at: at('flink'),
          },
    ksqldb: ksqldb === undefined ? null : resolveKsqldb(ksqldb, source, at('ksqldb'), scope),
    spark:
      spark === undefined
        ? null
        : { topic: spark.topic, lateRows: spark.late_rows ?? 'batch', at: at('spark') },
  }
}

function resolveKsqldb(
  ksqldb: NonNullable<PipelineDocument['engines']['ksqldb']>,
  source: Source,
  at: Span,
  scope: Scope,
): Engines['ksqldb'] {
  const emit = ksqldb.emit ?? (source.partitions > 1 ? 'changes' : 'final')
  const delay = source.eventTime.watermarkDelay
  const path = ['engines', 'ksqldb', 'grace']
  if (ksqldb.grace === undefined)
    return { topic: ksqldb.topic, emit, grace: emit === 'final' ? delay : Math.max(dayMillis, delay), at }
  const grace = duration(ksqldb.grace, path, scope)
  if (emit === 'final') scope.complain(diagnostic('grace-without-changes', scope.keyAt(path), {}))
  else if (grace !== null && grace < delay) {
    const text = durationText(source.eventTime.watermarkDelay)
    scope.complain(diagnostic('grace-too-short', scope.at(path), { grace: ksqldb.grace, delay: text }))
  }
  return { topic: ksqldb.topic, emit, grace: grace ?? delay, at }
}

export function resolvePinot(document: PipelineDocument, scope: Scope): PinotServing | null {
  const pinot = document.serving?.pinot
  if (pinot === undefined) return null
  const present = (['flink', 'ksqldb', 'spark'] as const).filter(
    (each) => document.engines[each] !== undefined,
  )
  for (const [index, engine] of (pinot.engines ?? []).entries()) {
    if (!present.includes(engine))
      scope.complain(
        diagnostic('serving-absent-engine', scope.at(['serving', 'pinot', 'engines', index]), { engine }),
      )
  }
  const path = ['serving', 'pinot', 'retention']
  const retention = pinot.retention === undefined ? null : duration(pinot.retention, path, scope, 1)
  if (retention !== null && retention % dayMillis !== 0) {
    scope.complain(
      diagnostic('duration-range', scope.at(path), {
        key: 'retention',
        text: pinot.retention!,
        problem: 'Pinot counts retention in whole days',
      }),
    )
  }
  return {
    engines: present.filter((each) => pinot.engines?.includes(each) ?? true),
    retention,
    at: scope.keyAt(['serving', 'pinot']),
  }
}
