/** The job's text: the tables over Kafka, the rows that `where` keeps, and the query that aggregates them. */
import type { FlinkEngine, Pipeline } from '../../ir.ts'
import { joinSql, type Sql, sql } from '../../text.ts'
import { aggregate } from './aggregate.ts'
import { type Columns, columnsOf, offsetOf } from './columns.ts'
import { condition } from './expression.ts'
import { earlier, unitOf } from './interval.ts'
import { lateColumns, lateCondition, lateSelection } from './late.ts'
import { type Names, namesOf } from './names.ts'
import { name, nameList, text } from './quote.ts'
import { epochMillis } from './time.ts'
import { sqlType } from './types.ts'
import { groupColumns, stepOf, windowEnd, windowed, windowStart } from './window.ts'

/** As templates/flink/job.sql.hbs takes it. */
export type JobView = ReturnType<typeof jobView>

export function jobView(pipeline: Pipeline, engine: FlinkEngine) {
  const names = namesOf(pipeline, engine)
  const columns = columnsOf(pipeline)
  return {
    settings: settings(names, parallelism(pipeline, engine)),
    source: sourceTable(pipeline, names, columns),
    result: resultTable(pipeline, names),
    kept: { name: name(names.kept), selection: columns.selection, where: keptWhere(pipeline, columns) },
    query: query(pipeline, names, columns),
    late: lateTables(pipeline, names, columns),
    several: names.late !== null,
  }
}

/**
 * A subtask without a partition never has a clock and holds every window back. Late rows are judged by the clock of one
 * subtask, so that it is the window's own.
 */
export function parallelism({ source }: Pipeline, engine: FlinkEngine): number {
  return engine.lateTopic === null ? Math.min(engine.parallelism, source.partitions) : 1
}

/**
 * One phase: the first of two would hold rows back until its own clock, which begins at 0, reaches a window's end, so that
 * rows before 1970 came too late for the second (seen on Flink 2.2.1: 43 of 46 windows were lost).
 * Objects are reused: otherwise each row is copied between the source and the filter, a sixth of the source's CPU (seen on
 * Flink 2.2.1, 2 M rows). Flink's own SQL operators keep nothing that they were handed without a copy.
 */
function settings(names: Names, parallelism: number) {
  const values = {
    'pipeline.name': names.job,
    'table.local-time-zone': 'UTC',
    'execution.checkpointing.interval': '5s',
    'table.optimizer.agg-phase-strategy': 'ONE_PHASE',
    'pipeline.object-reuse': 'true',
    'parallelism.default': String(parallelism),
  }
  return Object.entries(values).map(([key, value]) => ({ key: text(key), value: text(value) }))
}

function sourceTable(pipeline: Pipeline, names: Names, { clock, declarations, reader, source }: Columns) {
  return {
    name: name(names.source),
    columns: declarations,
    clock,
    filtered: pipeline.where !== null,
    where: pipeline.where === null ? sql`TRUE` : condition(pipeline.where, source),
    delayed: watermark(pipeline, clock),
    shifted: offsetOf(pipeline.window) !== 0,
    several: pipeline.source.partitions > 1,
    topic: text(names.source),
    group: text(names.group),
    standard: reader.standard,
  }
}

/**
 * The clock less the delay and less one millisecond. Only its passing a bound of windows matters, so it stands still
 * between whole seconds, minutes, hours or days where all bounds are such: a watermark for each row costs an eighth of the
 * CPU (seen on Flink 2.2.1, 3 M rows). Sessions end anywhere.
 */
function watermark({ source, window }: Pipeline, clock: Sql): Sql {
  const { watermarkDelay } = source.eventTime
  const unit = window.kind === 'session' ? null : unitOf(stepOf(window))
  if (unit === null) return earlier(clock, watermarkDelay + 1)
  // In parentheses: `INTERVAL '1' HOUR TO MINUTE` would be one literal.
  const delayed = watermarkDelay === 0 ? clock : sql`(${earlier(clock, watermarkDelay)})`
  return sql`FLOOR(${delayed} TO ${unit}) - INTERVAL '0.001' SECOND`
}

function resultTable({ groupBy, metrics }: Pipeline, names: Names) {
  const own = [sql`${windowStart} BIGINT`, sql`${windowEnd} BIGINT`]
  const others = [...groupBy, ...metrics]
  return {
    name: name(names.result),
    columns: [...own, ...others.map((column) => sql`${name(column.name)} ${sqlType(column.type)}`)],
    topic: text(names.result),
    prefix: text(`${names.job}.flink.results`),
    keys: nameList(['window_start', ...groupBy.map((field) => field.name)]),
    plain: others.some(({ type }) => type.kind === 'decimal'),
    plainKey: groupBy.some(({ type }) => type.kind === 'decimal'),
  }
}

function keptWhere({ where }: Pipeline, { clock, source }: Columns): Sql {
  const timed = sql`${clock} IS NOT NULL`
  if (where === null) return timed
  const kept = condition(where, source)
  return where.kind === 'or' ? sql`(${kept}) AND ${timed}` : sql`${kept} AND ${timed}`
}

function query(pipeline: Pipeline, names: Names, { keptClock, kept }: Columns) {
  const groups = groupColumns(pipeline.groupBy, kept)
  return {
    selection: [
      bound(windowStart, pipeline),
      bound(windowEnd, pipeline),
      ...groups,
      ...pipeline.metrics.map((metric) => aggregate(metric, kept)),
    ],
    window: windowed(pipeline.window, name(names.kept), keptClock, groups),
    grouping: joinSql([windowStart, windowEnd, ...groups], ', '),
  }
}

function bound(column: Sql, { window }: Pipeline): Sql {
  const offset = offsetOf(window)
  return offset === 0 ? epochMillis(column) : sql`${epochMillis(column)} + ${offset}`
}

/** One table, or none. A session's end is not known from the row: the check of the pipeline keeps sessions out. */
function lateTables(pipeline: Pipeline, names: Names, columns: Columns) {
  const { window } = pipeline
  if (names.late === null || window.kind === 'session') return []
  return [
    {
      name: name(names.late),
      columns: lateColumns(pipeline, columns),
      selection: lateSelection(pipeline, columns),
      where: sql`${keptWhere(pipeline, columns)} AND ${lateCondition(window, columns)}`,
      topic: text(names.late),
      prefix: text(`${names.job}.flink.late`),
      plain: pipeline.source.fields.some(({ type }) => type.kind === 'decimal'),
    },
  ]
}
