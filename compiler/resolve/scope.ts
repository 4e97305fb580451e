/** What every part of resolving needs. */
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts'
import { didYouMean } from '../diagnostics/suggest.ts'
import type { PipelineDocument } from '../document.ts'
import { parseDuration } from '../duration.ts'
import type { Span } from '../ir.ts'
import type { Path } from '../source.ts'

/** What every part of resolving needs: the document's places, and where complaints go. */
export interface Scope {
  readonly text: string
  at(path: Path): Span
  keyAt(path: Path): Span
  /** A mapping's keys as written: JavaScript's own objects put keys such as "10" first. */
  keys(path: Path): readonly string[]
  complain(found: Diagnostic): void
}

/** Milliseconds, or null after a complaint: then what depends on it is not complained about too. */
export function duration(text: string, path: Path, scope: Scope, least: 0 | 1 = 0): number | null {
  const parsed = parseDuration(text)
  const short = 'millis' in parsed && parsed.millis < least
  if ('millis' in parsed && !short) return parsed.millis
  const problem = 'problem' in parsed ? parsed.problem : 'it must be longer than nothing'
  scope.complain(diagnostic('duration-range', scope.at(path), { key: String(path.at(-1)), text, problem }))
  return null
}

export const nameProblem = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

export function isOwnColumn(name: string): boolean {
  return ['window_start', 'window_end'].includes(name.toLowerCase())
}

export function refuseCollisions(named: readonly { name: string; at: Span }[], scope: Scope): void {
  const seen = new Map<string, string>()
  for (const { name, at } of named) {
    const other = seen.get(name.toLowerCase())
    if (other === undefined) seen.set(name.toLowerCase(), name)
    else scope.complain(diagnostic('name-collision', at, { name, other }))
  }
}

export function unknownField(field: string, path: Path, document: PipelineDocument, scope: Scope): void {
  const fields = Object.keys(document.source.fields)
  const few = fields.length <= 10 && fields.join().length <= 100
  const hint = didYouMean(field, fields) ?? (few ? `its fields are ${fields.join(', ')}` : null)
  scope.complain(diagnostic('unknown-field', scope.at(path), { field, source: document.source.topic }, hint))
}
