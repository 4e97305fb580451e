/** The whole contract of a target: what it can do, what is reviewed, what is applied, what is started. */
import { type Feature, features } from '../features.ts'
import type { Json, Pipeline } from '../ir.ts'
import type { ResourceDraft } from '../manifest.ts'
import type { TemplateName, View } from '../render.ts'

export type TargetName = 'kafka' | 'flink' | 'ksqldb' | 'spark' | 'duckdb' | 'pinot' | 'compose'

/** Text is laid out by a template; .json and .yaml are serialised and never templated. Paths are relative to `generated/`. */
export type Artifact =
  | { readonly path: string; readonly template: TemplateName; readonly view: View }
  | { readonly path: string; readonly data: Json }
  | { readonly path: string; readonly text: string }

/** `yes`, or why not and what to do instead, as words that follow "<Engine> has no <feature>: " and end in a full stop. */
export type Capability = 'yes' | { readonly instead: string }

export type Capabilities = Readonly<Record<Feature, Capability>>

/** Of a target that lacks nothing, a new feature included. */
export const everything = Object.fromEntries(
  Object.keys(features).map((feature) => [feature, 'yes']),
) as Capabilities

/** One engine's part of the compose file: named services and volumes, merged by the compose target. */
export interface ComposeServices {
  readonly services: { readonly [name: string]: Json }
  readonly volumes: readonly string[]
}

export interface Target {
  readonly name: TargetName
  /** Checked before emission; a feature that is not `yes` is an error at the line that asks for it. */
  readonly capabilities: Capabilities
  emit(pipeline: Pipeline): readonly Artifact[]
  resources(pipeline: Pipeline): readonly ResourceDraft[]
  services(pipeline: Pipeline): ComposeServices
}
