/** What has to change: desired against actual, in the order in which it will be done. Pure. */
import type { Manifest, Resource } from '../compiler/manifest.ts'
import type { Endpoints } from './endpoints.ts'
import {
  type Action,
  type Actual,
  type Change,
  type Engine,
  type EngineKey,
  engineKeys,
} from './engines/engine.ts'
import { Failure } from './failure.ts'

export interface Plan {
  readonly environment: string
  readonly pipeline: string
  /** In the order of apply: topics, jobs, tables; then what goes, in reverse order. */
  readonly changes: readonly Change[]
  /** What was left out, and why. */
  readonly notes: readonly string[]
}

const engineOf: Readonly<Record<Resource['kind'], EngineKey>> = {
  'kafka-topic': 'kafka',
  'flink-job': 'flink',
  'ksqldb-query': 'ksqldb',
  'spark-job': 'spark',
  'pinot-table': 'pinot',
}

export interface Wanted {
  readonly resources: readonly Resource[]
  /** Addresses that the manifest has and this command passes over: what is live there stays as it is. */
  readonly leftOut: ReadonlySet<string>
  readonly notes: readonly string[]
}

/** For taking everything away: nothing is wanted, and nothing is passed over. */
export const nothingWanted: Wanted = { resources: [], leftOut: new Set(), notes: [] }

/**
 * The manifest's resources that this environment has engines for. Locally an engine that is not up is left out with a
 * note; anywhere else it is a mistake of the environment.
 * @param only an engine that the user limited the command to: its resources, and the topics that it needs.
 */
export function wantedResources(manifest: Manifest, endpoints: Endpoints, only: EngineKey | null): Wanted {
  const used = enginesOf(manifest)
  const absent = new Set(
    engineKeys.filter((key) => key !== 'kafka' && endpoints[key] === null && used.has(key)),
  )
  const missing = [...absent].filter((key) => only === null || key === only)
  if (missing.length > 0 && endpoints.environment !== 'local')
    throw missingEngines(endpoints.environment, missing)
  const filled = topicsOf(manifest.resources.filter((each) => absent.has(engineOf[each.kind])))
  const present = manifest.resources.filter((each) => !touches(each, absent, filled))
  const resources = only === null ? present : present.filter((each) => belongsTo(each, only, present))
  return {
    resources,
    leftOut: new Set(
      manifest.resources.filter((each) => !resources.includes(each)).map((each) => each.address),
    ),
    notes: missing.map((key) => `${key} is not up here: its part of the pipeline is left out.`),
  }
}

/** Those that hold a part of the pipeline once it is applied. */
export function enginesOf({ resources }: Manifest): ReadonlySet<EngineKey> {
  return new Set(resources.map(({ kind }) => engineOf[kind]))
}

/** A Pinot table and a result topic need the engine that fills them as well. */
function touches(resource: Resource, absent: ReadonlySet<EngineKey>, filled: ReadonlySet<string>): boolean {
  if (resource.kind === 'kafka-topic') return filled.has(resource.topic)
  return (
    absent.has(engineOf[resource.kind]) || (resource.kind === 'pinot-table' && absent.has(resource.engine))
  )
}

/** What these jobs write. */
function topicsOf(jobs: readonly Resource[]): ReadonlySet<string> {
  return new Set(jobs.flatMap((each) => ('resultTopics' in each ? each.resultTopics : [])))
}

function missingEngines(environment: string, absent: readonly EngineKey[]): Failure {
  return new Failure(
    `Environment "${environment}" does not say where ${absent.join(' and ')} can be found.`,
    {
      next: 'Add the address to it in pipeline.yaml, or limit the command with --engine.',
    },
  )
}

function belongsTo(resource: Resource, only: EngineKey, all: readonly Resource[]): boolean {
  if (engineOf[resource.kind] === only) return true
  if (resource.kind !== 'kafka-topic') return false
  const topics = all.flatMap((each) => {
    if (engineOf[each.kind] !== only || each.kind === 'kafka-topic') return []
    return each.kind === 'pinot-table' ? [each.topic] : [each.sourceTopic, ...each.resultTopics]
  })
  return topics.includes(resource.topic)
}

/**
 * The live things that a plan speaks of: not those that the command passes over, nor, limited to one engine, topics that
 * others may have left.
 */
export function concerned(
  actual: readonly Actual[],
  { resources, leftOut }: Wanted,
  only: EngineKey | null,
): readonly Actual[] {
  const addresses = new Set(resources.map((each) => each.address))
  const foreign = ({ kind, address }: Actual): boolean =>
    only !== null && only !== 'kafka' && kind === 'kafka-topic' && !addresses.has(address)
  return actual.filter((each) => !leftOut.has(each.address) && !foreign(each))
}

/** Pairs what is wanted with what is there by address, and has each engine judge its own. */
export function changesOf(
  desired: readonly Resource[],
  actual: readonly Actual[],
  engines: readonly Engine[],
): readonly Change[] {
  const live = new Map(actual.map((each) => [each.address, each]))
  const kept = desired.map((each) =>
    engineFor(each.kind, engines).compare(each, live.get(each.address) ?? null),
  )
  const addresses = new Set(desired.map((each) => each.address))
  const orphans = actual
    .filter((each) => !addresses.has(each.address))
    .map((each) => engineFor(each.kind, engines).compare(null, each))
  return [...sorted(kept, 1), ...sorted(orphans, -1)]
}

function engineFor(kind: Resource['kind'], engines: readonly Engine[]): Engine {
  const engine = engines.find((each) => each.key === engineOf[kind])
  if (engine === undefined) throw new TypeError(`no engine for ${kind}`)
  return engine
}

function sorted(changes: readonly Change[], direction: 1 | -1): Change[] {
  return [...changes].sort(
    (a, b) => direction * (engineKeys.indexOf(a.engine) - engineKeys.indexOf(b.engine)),
  )
}

/**
 * What a fresh look would end or start anew although the plan did not say so: somebody else has been at work meanwhile. A
 * replacement that loses no state finishes what was begun.
 */
export function unsaid(plan: Plan, fresh: Plan): readonly Change[] {
  const said = new Set(plan.changes.map(({ address, action }) => `${action} ${address}`))
  return fresh.changes.filter(
    ({ address, action, state }) =>
      (action === 'delete' || (action === 'replace' && state !== null)) && !said.has(`${action} ${address}`),
  )
}

/** Whether apply would do anything. */
export function isChange(change: Change): boolean {
  return change.action !== 'unchanged'
}

/** What apply has to do: the changes, and waiting for what an earlier apply began and, interrupted, did not see run. */
export function isWork(change: Change): boolean {
  return isChange(change) || change.actual?.status === 'starting'
}

export function countActions(changes: readonly Change[]): Readonly<Partial<Record<Action, number>>> {
  const counts: Partial<Record<Action, number>> = {}
  for (const { action } of changes) counts[action] = (counts[action] ?? 0) + 1
  return counts
}
