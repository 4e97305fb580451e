/** From a document that fits the schema to the pipeline: names to fields, texts to types, durations and expressions. */
import { scalarOffsets } from './alignment.ts'
import { type Diagnostic, diagnostic } from './diagnostics/diagnostic.ts'
import { didYouMean } from './diagnostics/suggest.ts'
import type { PipelineDocument } from './document.ts'
import { durationText, parseDuration } from './duration.ts'
import { aggregates } from './expression/functions.ts'
import { parseExpression } from './expression/parser.ts'
import type { Call, Syntax } from './expression/syntax.ts'
import { Complaint } from './expression/tokens.ts'
import { Typer } from './expression/typer.ts'
import * as types from './expression/types.ts'
import { described, isNumeric, typeName } from './expression/types.ts'
import type {
  Aggregate,
  Condition,
  Engines,
  Field,
  Metric,
  PinotServing,
  Pipeline,
  Source,
  Span,
  Type,
  Window,
} from './ir.ts'
import { resolveEnvironments } from './resolve-environments.ts'
import { resolveGenerator } from './resolve-generator.ts'
import { type Located, locate, type Path } from './source.ts'
import { isTimeZone, parseTimeFormat } from './time-format.ts'

/** What every part of resolving needs: the document's places, and where complaints go. */
export interface Scope {
  readonly text: string
  at(path: Path): Span
  keyAt(path: Path): Span
  /** A mapping's keys as written: JavaScript's own objects put keys such as "10" first. */
  keys(path: Path): readonly string[]
  complain(found: Diagnostic): void
}

/** The pipeline, or null with the reasons. */
export function resolve(
  document: PipelineDocument,
  root: Located,
  text: string,
): { pipeline: Pipeline | null; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const scope: Scope = {
    text,
    at: (path) => locate(root, path).at,
    keyAt: (path) => locate(root, path).keyAt ?? locate(root, path).at,
    keys: (path) => [...locate(root, path).children.keys()].map(String),
    complain: (found) => diagnostics.push(found),
  }
  const source = resolveSource(document, scope)
  const typer = (path: Path, value: string): Typer =>
    new Typer(source.fields, document.source.topic, scalarOffsets(text, scope.at(path), value))
  const pipeline: Pipeline = {
    name: document.name,
    source,
    where:
      document.where === undefined
        ? null
        : resolveWhere(document.where, typer(['where'], document.where), scope),
    window: resolveWindow(document, scope),
    groupBy: resolveGroupBy(document, source.fields, scope),
    metrics: scope.keys(['metrics']).flatMap((name) => {
      const metric = document.metrics[name]!
      return resolveMetric(name, metric, typer(['metrics', name], metric), scope)
    }),
    engines: resolveEngines(document, source, scope),
    pinot: resolvePinot(document, scope),
    generator: resolveGenerator(document, source.fields, scope),
    environments: resolveEnvironments(document),
  }
  return { pipeline: diagnostics.length === 0 ? pipeline : null, diagnostics }
}

/** Milliseconds, or null after a complaint: then what depends on it is not complained about too. */
function duration(text: string, path: Path, scope: Scope, least: 0 | 1 = 0): number | null {
  const parsed = parseDuration(text)
  const short = 'millis' in parsed && parsed.millis < least
  if ('millis' in parsed && !short) return parsed.millis
  const problem = 'problem' in parsed ? parsed.problem : 'it must be longer than nothing'
  scope.complain(diagnostic('duration-range', scope.at(path), { key: String(path.at(-1)), text, problem }))
  return null
}

// Source

function resolveSource(document: PipelineDocument, scope: Scope): Source {
  const { source } = document
  const fields = scope
    .keys(['source', 'fields'])
    .map((name) => resolveField(name, String(source.fields[name]), scope))
  refuseCollisions(fields, scope)
  const known = new Map(fields.map((each) => [each.name, each]))
  if (source.key !== undefined && !known.has(source.key))
    unknownField(source.key, ['source', 'key'], document, scope)
  return {
    topic: source.topic,
    partitions: source.partitions ?? 1,
    key: source.key ?? null,
    fields,
    eventTime: resolveEventTime(document, known, scope),
    at: source.partitions === undefined ? scope.keyAt(['source']) : scope.at(['source', 'partitions']),
  }
}

const nameProblem = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function resolveField(name: string, type: string, scope: Scope): Field {
  const path = ['source', 'fields', name]
  const at = scope.keyAt(path)
  if (name.length > 128 || nameProblem.test(name))
    scope.complain(diagnostic('bad-field-name', at, { name: name.slice(0, 40) }))
  if (isOwnColumn(name)) scope.complain(diagnostic('reserved-field', at, { name }))
  return { name, type: resolveType(type, scope.at(path), scope), at }
}

function isOwnColumn(name: string): boolean {
  return ['window_start', 'window_end'].includes(name.toLowerCase())
}

function resolveType(text: string, at: Span, scope: Scope): Type {
  const numbers = /^decimal\( *([0-9]+) *, *([0-9]+) *\)$/.exec(text)
  if (numbers === null) return { kind: text } as Type
  const precision = Number(numbers[1])
  const scale = Number(numbers[2])
  if (precision < 1 || precision > types.maximumPrecision || scale > precision) {
    scope.complain(diagnostic('bad-decimal', at, { type: text.slice(0, 60) }))
    return types.decimal(1, 0)
  }
  return types.decimal(precision, scale)
}

function refuseCollisions(named: readonly { name: string; at: Span }[], scope: Scope): void {
  const seen = new Map<string, string>()
  for (const { name, at } of named) {
    const other = seen.get(name.toLowerCase())
    if (other === undefined) seen.set(name.toLowerCase(), name)
    else scope.complain(diagnostic('name-collision', at, { name, other }))
  }
}

function unknownField(field: string, path: Path, document: PipelineDocument, scope: Scope): void {
  const hint = didYouMean(field, Object.keys(document.source.fields))
  scope.complain(diagnostic('unknown-field', scope.at(path), { field, source: document.source.topic }, hint))
}

function resolveEventTime(
  document: PipelineDocument,
  fields: ReadonlyMap<string, Field>,
  scope: Scope,
): Source['eventTime'] {
  const { event_time: eventTime } = document.source
  const path = ['source', 'event_time']
  const field = fields.get(eventTime.field)
  if (field === undefined) unknownField(eventTime.field, [...path, 'field'], document, scope)
  else if (field.type.kind !== 'timestamp') {
    scope.complain(
      diagnostic('event-time-type', scope.at([...path, 'field']), {
        field: field.name,
        type: typeName(field.type),
      }),
    )
  }
  return {
    field: eventTime.field,
    format: resolveFormat(eventTime.format, [...path, 'format'], scope),
    timeZone: resolveZone(eventTime.time_zone ?? 'UTC', eventTime.format, [...path, 'time_zone'], scope),
    watermarkDelay:
      eventTime.watermark_delay === undefined
        ? 0
        : (duration(eventTime.watermark_delay, [...path, 'watermark_delay'], scope) ?? 0),
    at: scope.at([...path, 'format']),
  }
}

function resolveFormat(text: string, path: Path, scope: Scope): Source['eventTime']['format'] {
  const format = parseTimeFormat(text)
  if (!('problem' in format)) return format
  const hint = didYouMean(text, ['epoch_millis', 'epoch_seconds', 'iso8601'])
  scope.complain(
    diagnostic('bad-time-format', scope.at(path), { format: text, problem: format.problem }, hint),
  )
  return { kind: 'iso8601' }
}

function resolveZone(zone: string, format: string, path: Path, scope: Scope): string {
  if (!isTimeZone(zone))
    scope.complain(diagnostic('bad-time-zone', scope.at(path), { zone: zone.slice(0, 60) }))
  else if (zone !== 'UTC' && ['epoch_millis', 'epoch_seconds', 'iso8601'].includes(format)) {
    scope.complain(diagnostic('zone-without-pattern', scope.at(path), { format }))
  }
  return zone
}

// Expressions

/** Runs a step that stops at its first complaint, and files the complaint under its place in the file. */
function attempt<T>(scope: Scope, step: () => T): T | null {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    scope.complain(error.diagnostic)
    return null
  }
}

function parsed(text: string, path: Path, scope: Scope): Syntax | null {
  const place = scalarOffsets(scope.text, scope.at(path), text)
  try {
    return parseExpression(text)
  } catch (error) {
    if (!(error instanceof Complaint)) throw error
    scope.complain({ ...error.diagnostic, at: place(error.diagnostic.at) })
    return null
  }
}

function resolveWhere(text: string, typer: Typer, scope: Scope): Condition | null {
  const syntax = parsed(text, ['where'], scope)
  return syntax === null ? null : attempt(scope, () => typer.condition(syntax, false))
}

function resolveMetric(name: string, text: string, typer: Typer, scope: Scope): Metric[] {
  const path = ['metrics', name]
  if (name.length > 128 || nameProblem.test(name))
    scope.complain(diagnostic('bad-field-name', scope.keyAt(path), { name: name.slice(0, 40) }))
  if (isOwnColumn(name)) scope.complain(diagnostic('reserved-field', scope.keyAt(path), { name }))
  const syntax = parsed(text, path, scope)
  if (syntax === null) return []
  if (syntax.kind !== 'call' || !aggregates.has(syntax.name)) {
    const hint = syntax.kind === 'call' ? didYouMean(syntax.name, aggregates) : null
    scope.complain(diagnostic('not-an-aggregate', scope.at(path), { metric: text.slice(0, 60) }, hint))
    return []
  }
  const at = scope.at(path)
  const aggregate = attempt(scope, () => resolveAggregate(syntax, typer, at))
  return aggregate === null ? [] : [{ name, aggregate, type: aggregateType(aggregate), at }]
}

function resolveAggregate(call: Call, typer: Typer, at: Span): Aggregate {
  if (call.star) {
    if (call.name === 'count') return { kind: 'count-rows' }
    throw new Complaint(
      diagnostic('argument-count', at, { function: call.name, expected: 'one expression', found: '*' }),
    )
  }
  const [operand] = call.operands
  if (operand === undefined || call.operands.length > 1) {
    const expected = call.name === 'count' ? '* or one expression' : 'one expression'
    throw new Complaint(
      diagnostic('argument-count', at, { function: call.name, expected, found: call.operands.length }),
    )
  }
  const argument = typer.value(operand)
  if (call.distinct) {
    if (call.name === 'count') return { kind: 'count-distinct', argument }
    throw new Complaint(diagnostic('distinct-here', at, { function: call.name }))
  }
  const kind = call.name as 'count' | 'sum' | 'avg' | 'min' | 'max'
  const numbers = kind === 'sum' || kind === 'avg'
  if (numbers ? !isNumeric(argument.type) : kind !== 'count' && argument.type.kind === 'boolean') {
    const expected = numbers ? 'a number' : 'a number, a string or a timestamp'
    throw new Complaint(
      diagnostic('type-mismatch', argument.at, { what: kind, expected, found: described(argument) }),
    )
  }
  return { kind, argument }
}

function aggregateType(aggregate: Aggregate): Type {
  switch (aggregate.kind) {
    case 'count-rows':
    case 'count':
    case 'count-distinct':
      return types.bigint
    case 'avg':
      return types.double
    case 'sum':
      return sumOf(aggregate.argument.type)
    case 'min':
    case 'max':
      return aggregate.argument.type.kind === 'int' ? types.bigint : aggregate.argument.type
  }
}

function sumOf(type: Type): Type {
  if (type.kind === 'decimal') return types.decimal(types.maximumPrecision, type.scale)
  return type.kind === 'double' ? types.double : types.bigint
}

// Window and grouping

function resolveWindow(document: PipelineDocument, scope: Scope): Window {
  const { window } = document
  const at = scope.at(['window', 'type'])
  const length = (key: 'size' | 'advance' | 'gap'): number | null =>
    duration(window[key]!, ['window', key], scope, 1)
  if (window.type === 'session') return { kind: 'session', gap: length('gap') ?? 1, at }
  const offset = window.offset === undefined ? 0 : duration(window.offset, ['window', 'offset'], scope)
  const size = length('size')
  const place = offset === 0 ? at : scope.at(['window', 'offset'])
  if (window.type === 'tumbling') {
    refuseLongOffset(document, offset, size, 'size', scope)
    return { kind: 'tumbling', size: size ?? 1, offset: offset ?? 0, at: place }
  }
  const advance = length('advance')
  if (size !== null && advance !== null) refuseUnevenAdvance(document, size, advance, scope)
  refuseLongOffset(document, offset, advance, 'advance', scope)
  return { kind: 'hopping', size: size ?? 1, advance: advance ?? 1, offset: offset ?? 0, at: place }
}

function refuseUnevenAdvance(document: PipelineDocument, size: number, advance: number, scope: Scope): void {
  const { window } = document
  if (size % advance !== 0 || advance > size) {
    scope.complain(
      diagnostic('window-division', scope.at(['window', 'advance']), {
        size: window.size!,
        advance: window.advance!,
      }),
    )
  } else if (size / advance > 10_000) {
    scope.complain(
      diagnostic('too-many-windows', scope.at(['window', 'advance']), { windows: size / advance }),
    )
  }
}

function refuseLongOffset(
  document: PipelineDocument,
  offset: number | null,
  length: number | null,
  key: 'size' | 'advance',
  scope: Scope,
): void {
  if (offset === null || length === null || offset === 0 || offset < length) return
  const { window } = document
  scope.complain(
    diagnostic('window-offset-range', scope.at(['window', 'offset']), {
      offset: window.offset!,
      length: `"${key}" ${window[key]}`,
    }),
  )
}

function resolveGroupBy(
  document: PipelineDocument,
  fields: readonly Field[],
  scope: Scope,
): readonly Field[] {
  const found: Field[] = []
  for (const [index, name] of (document.group_by ?? []).entries()) {
    const path = ['group_by', index]
    const field = fields.find((each) => each.name === name)
    if (field === undefined) unknownField(name, path, document, scope)
    else if (found.some((each) => each.name === name))
      scope.complain(diagnostic('repeated-value', scope.at(path), { key: 'group_by', value: name }))
    else if (field.type.kind === 'double')
      scope.complain(diagnostic('group-by-double', scope.at(path), { field: name }))
    else found.push({ ...field, at: scope.at(path) })
  }
  const columns = [
    ...found,
    ...scope.keys(['metrics']).map((name) => ({ name, at: scope.keyAt(['metrics', name]) })),
  ]
  refuseCollisions(columns, scope)
  return found
}

// Engines and serving

const dayMillis = 86_400_000

function resolveEngines(document: PipelineDocument, source: Source, scope: Scope): Engines {
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

function resolvePinot(document: PipelineDocument, scope: Scope): PinotServing | null {
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
