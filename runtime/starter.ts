/** What `up` and `down` ask of each way to start the engines: natively or in Docker. */
import type { Local, LocalEngine } from './local.ts'
import type { Progress } from './progress.ts'

export interface UpRequest {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Null: those that generated/manifest.json needs, or all where there is none. Kafka is always among them. */
  readonly engines: readonly LocalEngine[] | null
  /** Added to every port; null: as before, or 0 the first time. */
  readonly portOffset: number | null
  readonly progress: Progress
  readonly signal: AbortSignal
}

export interface UpReport {
  readonly local: Local
  /** What was started now, as a person calls it: `Flink's JobManager`. Empty when everything was up. */
  readonly started: readonly string[]
  /** Engines that were wanted but cannot be started here, each with the reason and the remedy. */
  readonly leftOut: readonly string[]
  /** Where to look, and how to open each engine's own shell. */
  readonly look: readonly { readonly what: string; readonly where: string }[]
}

export interface DownRequest {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether the engines' data goes too. */
  readonly volumes: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

export interface DownReport {
  /** What was ended. */
  readonly stopped: readonly string[]
  readonly dataRemoved: boolean
}

export interface Starter {
  /** @throws Failure, or the signal's reason; in both cases what this call had started has been ended again. */
  up(request: UpRequest): Promise<UpReport>
  down(request: DownRequest): Promise<DownReport>
}
