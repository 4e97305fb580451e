/** From a document that fits the schema to the pipeline: names to fields, texts to types, durations and expressions. */
import { scalarOffsets } from './alignment.ts'
import type { Diagnostic } from './diagnostics/diagnostic.ts'
import type { PipelineDocument } from './document.ts'
import { Typer } from './expression/typer.ts'
import type { Pipeline } from './ir.ts'
import { resolveEngines, resolvePinot } from './resolve/engines.ts'
import { resolveEnvironments } from './resolve/environments.ts'
import { resolveMetric, resolveWhere } from './resolve/expressions.ts'
import { resolveGenerator } from './resolve/generator.ts'
import type { Scope } from './resolve/scope.ts'
import { resolveSource } from './resolve/source.ts'
import { resolveGroupBy, resolveWindow } from './resolve/window.ts'
import { type Located, locate, type Path } from './source.ts'

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
