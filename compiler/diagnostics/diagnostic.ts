import type { Span } from '../ir.ts'
import { catalog } from './catalog.ts'

export type Severity = 'error' | 'warning'

/** A complaint about pipeline.yaml. `hint` stands behind the caret and says what to write instead. */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  readonly at: Span
  readonly message: string
  readonly hint: string | null
}

export type Code = keyof typeof catalog

type Parameters<C extends Code> = (typeof catalog)[C] extends { message: (parameters: infer P) => string }
  ? P
  : never

/** Makes the catalogue's diagnostic of that code; an unknown code or a missing parameter does not compile. */
export function diagnostic<C extends Code>(
  code: C,
  at: Span,
  parameters: Parameters<C>,
  hint: string | null = null,
): Diagnostic {
  const entry = catalog[code] as { severity: Severity; message: (parameters: Parameters<C>) => string }
  return { code, severity: entry.severity, at, message: entry.message(shortened(parameters)), hint }
}

const longestWord = 300

/** The user's own words are quoted, but a megabyte of them would hide the rest. */
function shortened<P>(parameters: P): P {
  const entries = Object.entries(parameters as object).map(([key, value]) => [
    key,
    typeof value === 'string' && value.length > longestWord ? `${value.slice(0, longestWord)}…` : value,
  ])
  return Object.fromEntries(entries)
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((each) => each.severity === 'error')
}
