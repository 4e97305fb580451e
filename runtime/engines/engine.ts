/** What plan and apply ask of every engine, one file an engine. */
import type { Resource } from '../../compiler/manifest.ts'
import type { Endpoints } from '../endpoints.ts'
import type { ProgressStep } from '../progress.ts'

export type Action = 'create' | 'update' | 'replace' | 'delete' | 'unchanged' | 'refuse'

export interface FieldChange {
  readonly field: string
  readonly from: string
  readonly to: string
}

/** How far a running job has come. */
export interface Position {
  /** Records of its source that it has not read yet; null while the engine does not say. */
  readonly behind: number | null
  /** Windows that end at this time or before are closed, epoch milliseconds; null while the engine does not say. */
  readonly closedUpTo: number | null
}

/** Something live that bears our name. `hash` is what was applied, null where it cannot be read. */
export interface Actual<Detail = unknown> {
  readonly address: string
  readonly kind: Resource['kind']
  readonly hash: string | null
  readonly status: 'running' | 'starting' | 'failed' | 'stopped'
  /** One line for `status`: where it is, how far behind, or the engine's own error. */
  readonly summary: string
  /** Null for what reads nothing, or does not run. */
  readonly position: Position | null
  /** What this engine's own compare and apply need. */
  readonly detail: Detail
}

/** One line of a plan. `desired` is null for a delete, `actual` for a create. */
export interface Change<R extends Resource = Resource, A extends Actual = Actual> {
  readonly address: string
  readonly engine: EngineKey
  readonly action: Action
  /** Why, as a sentence. For `refuse` it says what to do instead. */
  readonly reason: string
  readonly fields: readonly FieldChange[]
  /** What happens to state that is held: "goes on from its savepoint", "starts anew: …"; null where there is none. */
  readonly state: string | null
  readonly desired: R | null
  readonly actual: A | null
}

/** In the order in which a pipeline needs them. */
export const engineKeys = ['kafka', 'flink', 'ksqldb', 'spark', 'pinot'] as const

export type EngineKey = (typeof engineKeys)[number]

export interface Context {
  readonly pipeline: string
  readonly endpoints: Endpoints
  /** The text of a file below generated/. */
  read(file: string): string
  readonly signal: AbortSignal
  now(): number
  /** For a job that is to find all its records there when it begins to read; Spark's alone needs that. */
  readonly hold?: Hold
  /** For a look that is to give the numbers of this moment, though an engine takes part of a second longer for them. */
  readonly current?: boolean
}

/** A job that is held starts, but reads nothing before there is this topic. */
export interface Hold {
  readonly topic: string
  /** Whether it is there: how long a job may take to its first batch counts from then. */
  readonly over: boolean
}

export interface Engine<R extends Resource = Resource, A extends Actual = Actual> {
  readonly key: EngineKey
  readonly kinds: readonly R['kind'][]
  /** All that is live under the pipeline's name, wanted or not. Throws Failure when the engine cannot be asked. */
  observe(desired: readonly R[], context: Context): Promise<readonly A[]>
  /** Pure: what has to happen to one thing. At least one of the two is there. */
  compare(desired: R | null, actual: A | null): Change<R, A>
  /**
   * Does it, and waits until it really runs: so does what is unchanged, if it still starts. May be repeated after any
   * interruption: it looks before it acts, and a lost answer is found out by looking again. Throws Failure with the
   * engine's own words.
   */
  apply(change: Change<R, A>, context: Context, step: ProgressStep): Promise<void>
}
