/** The window, and what rows are grouped by. */
import { diagnostic } from '../diagnostics/diagnostic.ts'
import type { PipelineDocument } from '../document.ts'
import { commonUnit, durationText } from '../duration.ts'
import type { Field, Window } from '../ir.ts'
import { duration, refuseCollisions, type Scope, unknownField } from './scope.ts'

export function resolveWindow(document: PipelineDocument, scope: Scope): Window {
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
      diagnostic(
        'window-division',
        scope.at(['window', 'advance']),
        { size: window.size!, advance: window.advance! },
        dividing(size, advance),
      ),
    )
  } else if (size / advance > 10_000) {
    scope.complain(
      diagnostic('too-many-windows', scope.at(['window', 'advance']), { windows: size / advance }),
    )
  }
}

/** The nearest lengths below and above that divide the size, in the unit that both are written in. */
function dividing(size: number, advance: number): string | null {
  const unit = commonUnit(size, advance)
  const near = [-1, 1].flatMap((step) => {
    for (let length = advance + step * unit, tries = 0; tries < 10_000; length += step * unit, tries++) {
      if (length <= 0 || length > size) return []
      if (size % length === 0) return durationText(length)
    }
    return []
  })
  return near.length === 0 ? null : `write ${near.join(' or ')}`
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

export function resolveGroupBy(
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
