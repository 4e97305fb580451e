/** The public API: compile a pipeline in memory. */
export { type Compilation, compile, type Output } from './compiler/compile.ts'
export type { Code, Diagnostic, Severity } from './compiler/diagnostics/diagnostic.ts'
export { frame, lineStarts, locate, position } from './compiler/diagnostics/frame.ts'
export type * from './compiler/ir.ts'
export type { Manifest, Resource } from './compiler/manifest.ts'
