/** `late_rows: exact`: windows in state of our own, judged by the clock before each row. */
import type { Metric, Pipeline, Value } from '../../ir.ts'
import type { View } from '../../render.ts'
import { joinPy, type Py, py, type Sql, sql } from '../../text.ts'
import { groupable, millis } from './aggregate.ts'
import { keyColumns, startOf } from './batch.ts'
import { value } from './expression.ts'
import { freeName, pyColumn, pyString, sqlName } from './quote.ts'
import { commonSettings, fieldNames, pyAliased, sourceView } from './source.ts'
import { columnType, outputType } from './types.ts'

/** One partition: the clock is that of the whole stream, so one task holds all windows. Its state needs RocksDB. */
const settings = [
  ...commonSettings,
  { key: 'spark.sql.shuffle.partitions', value: '1' },
  {
    key: 'spark.sql.streaming.stateStore.providerClass',
    value: 'org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider',
  },
] as const

/** The rows of a batch are sorted in the memory of one Python process. */
const rowsPerBatch = 100_000

export function exactView(pipeline: Pipeline, resultTopic: string): View {
  const { source, groupBy, metrics } = pipeline
  const offset = pyString(freeName('offset', fieldNames(pipeline)))
  return {
    source: sourceView(pipeline, {
      settings,
      limits: [py`${rowsPerBatch}`],
      columns: [py`F.col("offset").alias(${offset})`],
    }),
    offset,
    time: pyAliased(sql`unix_millis(${sqlName(source.eventTime.field)})`, 'time'),
    inputs: [
      ...groupBy.map(({ name, type }, index) => pyAliased(groupable(sqlName(name), type), `group_${index}`)),
      ...metrics.map((metric, index) => pyAliased(inputOf(metric), `input_${index}`)),
    ],
    delay: source.eventTime.watermarkDelay,
    ...windowView(pipeline),
    groupCount: groupBy.length,
    metricKinds: py`[${joinPy(metrics.map(kindOf), ', ')}]`,
    outputs: outputs(pipeline).map(pyString),
    columns: [
      ...['window_start', 'window_end'].map(pyColumn),
      ...groupBy.map(({ name }, index) => py`F.col(${pyString(`group_${index}`)}).alias(${pyString(name)})`),
      ...metrics.map(({ name }, index) => py`F.col(${pyString(`metric_${index}`)}).alias(${pyString(name)})`),
    ],
    key: keyColumns(pipeline),
    resultTopic: pyString(resultTopic),
  }
}

function windowView({ window }: Pipeline) {
  if (window.kind === 'session') return { session: true, gap: window.gap, size: 0, advance: 0, shift: 0 }
  const advance = window.kind === 'hopping' ? window.advance : window.size
  return { session: false, gap: 0, size: window.size, advance, shift: startOf(window) }
}

const kinds = {
  'count-rows': 'count',
  count: 'count',
  'count-distinct': 'distinct',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
} as const satisfies Record<Metric['aggregate']['kind'], string>

function kindOf({ aggregate }: Metric): Py {
  return pyString(kinds[aggregate.kind])
}

/** What a row adds to the metric; null adds nothing. */
function inputOf({ aggregate, type }: Metric): Sql {
  if (aggregate.kind === 'count-rows') return sql`1`
  const argument: Value = aggregate.argument
  if (aggregate.kind === 'count-distinct') return groupable(value(argument), argument.type)
  if (aggregate.kind === 'sum' && type.kind === 'decimal')
    return sql`CAST(${value(argument)} AS ${columnType(type)})`
  return millis(value(argument), argument.type)
}

function outputs({ groupBy, metrics }: Pipeline): readonly Sql[] {
  return [
    sql`window_start BIGINT, window_end BIGINT`,
    ...groupBy.map(({ type }, index) => sql`, group_${index} ${outputType(type)}`),
    ...metrics.map(({ type }, index) => sql`, metric_${index} ${outputType(type)}`),
  ]
}
