/** Diagnostics for people, for programs and for GitHub's annotations. */
import { createColors } from 'picocolors'
import type { Diagnostic } from '../../compiler/diagnostics/diagnostic.ts'
import { frame, lineStarts, locate } from '../../compiler/diagnostics/frame.ts'

export type Format = 'text' | 'json' | 'github'

export interface Subject {
  /** As the user named the file. */
  readonly file: string
  readonly text: string
  readonly diagnostics: readonly Diagnostic[]
}

export function renderDiagnostics(subject: Subject, format: Format, color: boolean): string {
  switch (format) {
    case 'text':
      return text(subject, color)
    case 'json':
      return json(subject)
    case 'github':
      return github(subject)
  }
}

function text({ file, text, diagnostics }: Subject, color: boolean): string {
  const starts = lineStarts(text)
  const frames = diagnostics.map((each) => paint(frame(file, text, starts, each), each.severity, color))
  return frames.map((each) => `${each}\n\n`).join('') + summary(diagnostics)
}

function paint(framed: string, severity: 'error' | 'warning', color: boolean): string {
  if (!color) return framed
  const colors = createColors(true)
  const tint = severity === 'error' ? colors.red : colors.yellow
  const [head = '', ...rest] = framed.split('\n')
  const last = rest.length > 2 ? rest.length - 1 : -1
  const lines = rest.map((line, index) => (index === last ? line.replace(/\^.*/s, tint) : line))
  return [head.replace(` ${severity} `, ` ${tint(severity)} `), ...lines].join('\n')
}

/** `2 errors, 1 warning`, with a newline; empty when there is nothing to count. */
function summary(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((each) => each.severity === 'error').length
  const parts = [plural(errors, 'error'), plural(diagnostics.length - errors, 'warning')].filter(
    (each) => each !== '',
  )
  return parts.length === 0 ? '' : `${parts.join(', ')}\n`
}

function plural(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`
}

function json({ file, text, diagnostics }: Subject): string {
  const starts = lineStarts(text)
  return `${JSON.stringify({ file, diagnostics: diagnostics.map((each) => locate(text, starts, each)) }, null, 2)}\n`
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions: %, CR and LF are escaped, in properties : and , too. */
function github({ file, text, diagnostics }: Subject): string {
  const starts = lineStarts(text)
  const lines = diagnostics.map((each) => {
    const { severity, start, end, code, message, hint } = locate(text, starts, each)
    const sameLine = end.line === start.line ? `,endColumn=${Math.max(start.column, end.column)}` : ''
    const place = `file=${property(file)},line=${start.line},endLine=${end.line},col=${start.column}${sameLine},title=${property(code)}`
    return `::${severity} ${place}::${escaped(hint === null ? message : `${message} (${hint})`)}\n`
  })
  return lines.join('')
}

function escaped(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(value: string): string {
  return escaped(value).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
