/** The source: fields and their types, the event time. */

import { diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { PipelineDocument } from '../document.ts'
import * as types from '../expression/types.ts'
import { typeName } from '../expression/types.ts'
import type { Field, Source, Span, Type } from '../ir.ts'
import type { Path } from '../source.ts'
import { isTimeZone, likelyFormat, parseTimeFormat } from '../time-format.ts'
import { duration, isOwnColumn, nameProblem, refuseCollisions, type Scope, unknownField } from './scope.ts'

export function resolveSource(document: PipelineDocument, scope: Scope): Source {
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

function resolveField(name: string, type: string, scope: Scope): Field {
  const path = ['source', 'fields', name]
  const at = scope.keyAt(path)
  if (name.length > 128 || nameProblem.test(name))
    scope.complain(diagnostic('bad-field-name', at, { name: name.slice(0, 40) }))
  if (isOwnColumn(name)) scope.complain(diagnostic('reserved-field', at, { name }))
  return { name, type: resolveType(type, scope.at(path), scope), at }
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
  const meant = likelyFormat(text)
  const hint =
    didYouMean(text, ['epoch_millis', 'epoch_seconds', 'iso8601']) ??
    (meant === null ? null : `did you mean "${meant}"?`)
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
