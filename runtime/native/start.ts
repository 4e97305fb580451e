/** Starts services at once where they do not need each other, and waits until each does its work. */
import { spawn } from 'node:child_process'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import { run } from './command.ts'
import { holds } from './health.ts'
import { lastLines, logPath, openLog } from './log.ts'
import { isAlive, mark, startOf } from './processes.ts'
import type { StartedService } from './record.ts'
import { type EnginePlan, type Probe, type Service, temporaryFolder } from './service.ts'

export interface StartContext {
  /** The absolute `.pipec` folder. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Hears of each process as soon as it exists. */
  record(service: StartedService): Promise<void>
  readonly step: ProgressStep
  readonly signal: AbortSignal
}

/** Milliseconds for one process to answer: the slowest takes 30 s on a busy machine of two cores. */
const patience = 240_000

/** Writes configuration and makes folders; what a person changed in a configuration file of an earlier start is lost. */
export async function prepare(plans: readonly EnginePlan[]): Promise<void> {
  for (const folder of plans.flatMap((plan) => plan.folders)) await mkdir(folder, { recursive: true })
  for (const [path, text] of plans.flatMap((plan) => Object.entries(plan.files))) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text, basename(dirname(path)) === 'bin' ? { mode: 0o755 } : {})
  }
}

/**
 * Resolves when all are ready; `running` are those that need no start, but are waited for all the same.
 * @throws Failure that names the process, its log and the log's last lines; the signal's reason when interrupted.
 * What it started up to then still runs: the caller ends it.
 */
export async function startAll(
  services: readonly Service[],
  running: readonly StartedService[],
  context: StartContext,
): Promise<void> {
  const failed = new AbortController()
  const inner = { ...context, signal: AbortSignal.any([context.signal, failed.signal]) }
  const waiting = new Set(services.map((service) => service.title))
  const ready = new Map<string, Promise<void>>()
  context.step.update(0, `waiting for ${[...waiting].join(', ')}`)
  for (const service of inOrder(services)) {
    const before = service.after.map((name) => ready.get(name))
    const done = Promise.all(before).then(async () => {
      const found = running.find((one) => one.name === service.name)
      await untilReady(service, found ?? (await start(service, inner)), inner)
      waiting.delete(service.title)
      context.step.update(services.length - waiting.size, waitingText(waiting))
    })
    ready.set(
      service.name,
      done.catch((error) => fail(failed, error)),
    )
  }
  const outcomes = await Promise.allSettled(ready.values())
  context.signal.throwIfAborted()
  if (failed.signal.aborted) throw failed.signal.reason
  const rejected = outcomes.find((outcome) => outcome.status === 'rejected')
  if (rejected !== undefined) throw rejected.reason
}

/** The first failure ends the waiting for all others. */
function fail(controller: AbortController, error: unknown): never {
  if (!controller.signal.aborted) controller.abort(error)
  throw error
}

function waitingText(waiting: ReadonlySet<string>): string {
  return waiting.size === 0 ? '' : `waiting for ${[...waiting].join(', ')}`
}

/** Those that others wait for come first. */
function inOrder(services: readonly Service[]): readonly Service[] {
  return [...services].sort((a, b) => a.after.length - b.after.length)
}

async function start(service: Service, context: StartContext): Promise<StartedService> {
  const path = logPath(context.folder, service.name)
  await mkdir(dirname(path), { recursive: true })
  const env = {
    ...engineEnvironment(context.env),
    ...service.env,
    TMPDIR: temporaryFolder(context.folder),
    TZ: 'UTC',
    [mark]: context.folder,
  }
  if (service.first !== null) await runFirst(service, service.first, env, context)
  context.signal.throwIfAborted()
  const log = await openLog(path)
  try {
    const pid = await spawned(service, env, log.fd)
    const started = (await startOf(pid)) ?? ''
    const record = {
      name: service.name,
      engine: service.engine,
      title: service.title,
      pid,
      started,
      log: path,
    }
    await context.record(record)
    return record
  } finally {
    await log.close()
  }
}

/** In a session of its own: the terminal's Ctrl-C must not reach it, and it stays when pipec ends. */
function spawned(service: Service, env: Record<string, string>, log: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(service.program, service.args, { env, stdio: ['ignore', log, log], detached: true })
    child.once('error', (error) => reject(cannotRun(service, error)))
    child.once('spawn', () => {
      child.unref()
      resolve(child.pid!)
    })
  })
}

function cannotRun(service: Service, error: Error): Failure {
  return new Failure(`${service.title} cannot be started: ${error.message}.`, {
    next: `Check that ${service.program} is there and may be executed.`,
    cause: error,
  })
}

async function runFirst(
  service: Service,
  first: NonNullable<Service['first']>,
  env: Record<string, string>,
  context: StartContext,
): Promise<void> {
  if ((await stat(first.makes).catch(() => null)) !== null) return
  const outcome = await run({ program: service.program, args: first.args, env, signal: context.signal })
  if (outcome.code === 0) return
  throw new Failure(`${service.title} could not be prepared.`, {
    detail: outcome.lines.slice(-10).join('\n'),
    next: 'If its data is damaged, `pipec down --volumes` removes it.',
  })
}

/** Users' other variables stay out of long-lived processes: they may hold secrets, or other engines' settings. */
function engineEnvironment(env: StartContext['env']): Record<string, string> {
  const wanted =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|JAVA_HOME|JAVA_TOOL_OPTIONS|LD_LIBRARY_PATH|DYLD_.*)$/
  const entries = Object.entries(env).filter(([name, value]) => wanted.test(name) && value !== undefined)
  return Object.fromEntries(entries) as Record<string, string>
}

async function untilReady(service: Service, started: StartedService, context: StartContext): Promise<void> {
  const deadline = Date.now() + patience
  for (const probe of service.ready) {
    while (!(await holds(probe, context.signal))) {
      if (!(await isAlive(started))) throw await notReady(started, 'ended while it was starting')
      if (Date.now() > deadline)
        throw await notReady(started, `did not answer ${addressOf(probe)} within ${patience / 1000} s`)
      await sleep(200, undefined, { signal: context.signal })
    }
  }
}

function addressOf(probe: Probe): string {
  return probe.kind === 'http' ? `at ${probe.url}` : `on port ${probe.port}`
}

async function notReady(started: StartedService, what: string): Promise<Failure> {
  return new Failure(`${started.title} ${what}.`, {
    detail: await lastLines(started.log, 12),
    next: `The whole log is ${started.log}.`,
  })
}
