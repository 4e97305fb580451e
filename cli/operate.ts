/** What plan, apply, status, destroy and verify share: fresh generated files, an environment, its engines, a Context. */
import { dirname } from 'node:path'
import type { Output } from '../compiler/compile.ts'
import type { Manifest, Resource } from '../compiler/manifest.ts'
import type { Context, Engine, EngineKey } from '../runtime/engines/engine.ts'
import { resolveEnvironment } from '../runtime/environment.ts'
import { Failure } from '../runtime/failure.ts'
import { readLocal } from '../runtime/local.ts'
import { observe } from '../runtime/observe.ts'
import {
  changesOf,
  concerned,
  enginesOf,
  nothingWanted,
  type Plan,
  wantedResources,
} from '../runtime/plan.ts'
import type { Progress } from '../runtime/progress.ts'
import { generatedFolder } from './commands/build.ts'
import { readTree, type Tree } from './files.ts'
import type { Io } from './io.ts'
import { absolute, loadOutput } from './load.ts'

export interface TargetOptions {
  readonly file: string
  readonly environment: string
  readonly engine: EngineKey | null
}

export interface Operation {
  readonly output: Output
  readonly manifest: Manifest
  readonly context: Context
  readonly engines: readonly Engine[]
  readonly engine: EngineKey | null
  readonly progress: Progress
}

/** Null when the pipeline has errors, which have been told. Throws Failure when generated/ is stale. */
export async function openOperation(options: TargetOptions, io: Io): Promise<Operation | null> {
  const output = loadOutput(options.file, io)
  if (output === null) return null
  const folder = generatedFolder(options.file, null, io)
  const tree = readTree(folder)
  refuseStale(output, tree)
  return openWith(output, output.manifest, tree, options, io)
}

/** As `openOperation`, for commands to which it does not matter whether generated/ is fresh. */
export async function openForRemoval(options: TargetOptions, io: Io): Promise<Operation | null> {
  const output = loadOutput(options.file, io)
  return output === null ? null : openWith(output, output.manifest, output.files, options, io)
}

export async function openWith(
  output: Output,
  manifest: Manifest,
  tree: Tree,
  options: TargetOptions,
  io: Io,
): Promise<Operation> {
  const local = await readLocal(dirname(absolute(io, options.file)))
  const { endpoints, secrets } = resolveEnvironment(options.environment, manifest.environments, local, io.env)
  io.hide(secrets)
  const { allEngines } = await import('../runtime/engines/registry.ts')
  const context: Context = {
    pipeline: manifest.pipeline,
    endpoints,
    read: (file) => requireFile(tree, file),
    signal: io.signal,
    now: io.now,
  }
  return {
    output,
    manifest,
    context,
    engines: allEngines,
    engine: options.engine,
    progress: io.progress,
  }
}

function requireFile(tree: Tree, file: string): string {
  const text = tree.get(file)
  if (text === undefined) throw new Failure(`generated/${file} is missing.`, { next: 'Run `pipec build`.' })
  return text
}

/** Of what apply sends; an engine's own configuration is for people to change. */
function refuseStale({ files, manifest }: Output, tree: Tree): void {
  const sent = new Set(['manifest.json', ...manifest.resources.flatMap(filesOf)])
  const stale = [...files]
    .filter(([path, text]) => sent.has(path) && tree.get(path) !== text)
    .map(([path]) => path)
  if (stale.length === 0) return
  const shown = stale
    .slice(0, 5)
    .map((path) => `generated/${path}`)
    .join('\n')
  throw new Failure('generated/ is not what pipeline.yaml says.', {
    detail: stale.length > 5 ? `${shown}\nand ${stale.length - 5} more` : shown,
    next: 'Run `pipec build`, and look at the diff, before anything is applied.',
  })
}

function filesOf(resource: Resource): readonly string[] {
  if (resource.kind === 'kafka-topic') return []
  return resource.kind === 'pinot-table' ? [resource.schemaFile, resource.tableFile] : [resource.file]
}

/**
 * Observes and compares; with `nothing` wanted, the plan takes everything of ours away, and every engine of the pipeline
 * has to answer: what one that is down holds would run on when it is back.
 */
export async function makePlan(operation: Operation, nothing = false): Promise<Plan> {
  const { manifest, context, engines, engine, progress } = operation
  const wanted = nothing ? nothingWanted : wantedResources(manifest, context.endpoints, engine)
  const asked =
    engine === null
      ? engines
      : engines.filter((each) => each.key === engine || (!nothing && each.key === 'kafka'))
  const needed = nothing ? enginesOf(manifest) : new Set<EngineKey>()
  const observation = await observe(wanted.resources, asked, context, { needed, progress })
  return {
    environment: context.endpoints.environment,
    pipeline: manifest.pipeline,
    changes: changesOf(wanted.resources, concerned(observation.actual, wanted, engine), asked),
    notes: [...wanted.notes, ...observation.notes],
  }
}
