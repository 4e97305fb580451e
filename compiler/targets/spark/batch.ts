/** The ordinary job: Spark's own windows, closed by the clock of the batches before. */
import type { Field, Pipeline, Window } from '../../ir.ts'
import type { View } from '../../render.ts'
import { joinPy, type Py, py, sql } from '../../text.ts'
import { metricExpression, millis } from './aggregate.ts'
import { freeName, pyColumn, pyString, sqlName } from './quote.ts'
import { commonSettings, fieldNames, pyAliased, sourceView } from './source.ts'
import { duration } from './time.ts'

export function batchView(pipeline: Pipeline, resultTopic: string): View {
  const { source, groupBy, metrics } = pipeline
  const bounds = freeName('window', [...fieldNames(pipeline), ...metrics.map(({ name }) => name)])
  return {
    source: sourceView(pipeline, {
      settings: [
        ...commonSettings,
        { key: 'spark.sql.shuffle.partitions', value: shufflePartitions(pipeline) },
      ],
      limits: [],
      columns: [],
    }),
    eventTime: pyColumn(source.eventTime.field),
    delay: pyString(duration(source.eventTime.watermarkDelay)),
    constants: constants(pipeline).map(pyString),
    window: py`${windowCall(pipeline)}.alias(${pyString(bounds)})`,
    groups: [...groupBy.map(groupColumn), ...constants(pipeline).map(pyColumn)],
    metrics: metrics.map((metric) => pyAliased(metricExpression(metric), metric.name)),
    columns: [
      pyAliased(sql`unix_millis(${sqlName(bounds)}.\`start\`)`, 'window_start'),
      pyAliased(sql`unix_millis(${sqlName(bounds)}.\`end\`)`, 'window_end'),
      ...[...groupBy, ...metrics].map(({ name }) => pyColumn(name)),
    ],
    key: keyColumns(pipeline),
    resultTopic: pyString(resultTopic),
  }
}

/** Time as the milliseconds that are written: a second column that Spark took for the event time would confuse its clock. */
function groupColumn({ name, type }: Field): Py {
  return type.kind === 'timestamp' ? pyAliased(millis(sqlName(name), type), name) : pyColumn(name)
}

/** The columns of an output record's key. */
export function keyColumns({ groupBy }: Pipeline): Py {
  return joinPy(['window_start', ...groupBy.map(({ name }) => name)].map(pyColumn), ', ')
}

/** One a source partition, at least two: the default of 200 cannot keep up with a thousand records a second on two cores. */
function shufflePartitions({ source }: Pipeline): string {
  return String(Math.max(2, source.partitions))
}

/** Spark's session windows demand a grouping column beside the window. */
function constants(pipeline: Pipeline): readonly string[] {
  if (pipeline.window.kind !== 'session' || pipeline.groupBy.length > 0) return []
  return [freeName('everything', [...fieldNames(pipeline), ...pipeline.metrics.map(({ name }) => name)])]
}

function windowCall({ window, source }: Pipeline): Py {
  const time = pyColumn(source.eventTime.field)
  if (window.kind === 'session') return py`F.session_window(${time}, ${pyString(duration(window.gap))})`
  const shift = startOf(window)
  const parts = [time, pyString(duration(window.size))]
  if (window.kind === 'hopping') parts.push(pyString(duration(window.advance)))
  if (shift !== 0) parts.push(py`startTime=${pyString(duration(shift))}`)
  return py`F.window(${joinPy(parts, ', ')})`
}

/** The offset within one advance, as Spark wants it. */
export function startOf(window: Exclude<Window, { kind: 'session' }>): number {
  const advance = window.kind === 'hopping' ? window.advance : window.size
  return ((window.offset % advance) + advance) % advance
}
