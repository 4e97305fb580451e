import { hasErrors } from '../../compiler/diagnostics/diagnostic.ts'
import type { ExitCode, Io } from '../io.ts'
import { loadPipeline } from '../load.ts'
import { type Format, renderDiagnostics } from '../views/diagnostics.ts'

export interface CheckOptions {
  readonly file: string
  readonly format: Format
}

/** Everything that can be known about a pipeline without an engine. Diagnostics are the result, so they go to stdout. */
export async function check({ file, format }: CheckOptions, io: Io): Promise<ExitCode> {
  const loaded = loadPipeline(file, io)
  await io.out(renderDiagnostics(loaded, format, io.color))
  if (loaded.diagnostics.length === 0 && format === 'text') await io.out(`${file} is sound.\n`)
  return hasErrors(loaded.diagnostics) ? 1 : 0
}
