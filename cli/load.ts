/** Reading and compiling the pipeline that a command is about, with its complaints told on stderr. */
import { isAbsolute, join } from 'node:path'
import { type Compilation, compile, type Output } from '../compiler/compile.ts'
import { readBytes } from './files.ts'
import type { Io } from './io.ts'
import { renderDiagnostics } from './views/diagnostics.ts'

export interface Loaded extends Compilation {
  /** As the user named it. */
  readonly file: string
}

export function absolute(io: Io, path: string): string {
  return isAbsolute(path) ? path : join(io.cwd, path)
}

export function loadPipeline(file: string, io: Io): Loaded {
  const bytes = readBytes(
    absolute(io, file),
    '`pipec init` writes a pipeline.yaml to start from; or name the file after the command.',
  )
  return { file, ...compile(bytes) }
}

/** The compiled pipeline; null, with its errors on stderr, when there is none. Warnings are told either way. */
export function loadOutput(file: string, io: Io): Output | null {
  const loaded = loadPipeline(file, io)
  if (loaded.diagnostics.length > 0) io.err(renderDiagnostics(loaded, 'text', io.color))
  return loaded.output
}
