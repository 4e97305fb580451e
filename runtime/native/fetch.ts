/** Fetches a set of artefacts once, whole or not at all, however many processes want it at the same time. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '../progress.ts'
import type { ArtefactSet, Part } from './artefacts.ts'
import { install, isComplete, setFolder } from './cache.ts'
import { type Held, tryLock } from './lock.ts'
import { type Fetching, fetchByMaven } from './maven.ts'
import { fetchByPip } from './pip.ts'

export interface FetchContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** A Python that can make virtual environments, and its version, `3.11`. */
  readonly python: { readonly program: string; readonly version: string }
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * The folder that holds the set, fetched now if it was not there.
 * @throws Failure when a client fails, with its words; the signal's reason when interrupted. Neither leaves a half set.
 */
export async function fetchSet(set: ArtefactSet, context: FetchContext): Promise<string> {
  const folder = setFolder(context.env, set, context.python.version)
  if (await isComplete(folder)) return folder
  const lock = await waitForLock(`${folder}.lock`, set, context)
  try {
    if (!(await isComplete(folder))) await fetchInto(folder, set, context)
    return folder
  } finally {
    await lock.release()
  }
}

async function waitForLock(path: string, set: ArtefactSet, context: FetchContext): Promise<Held> {
  for (let told = false; ; told = true) {
    const lock = await tryLock(path)
    if ('release' in lock) return lock
    if (!told)
      context.progress.note(
        `${set.title} ${set.version} is being fetched by process ${lock.pid}; waiting for it.`,
      )
    await sleep(500, undefined, { signal: context.signal })
  }
}

async function fetchInto(folder: string, set: ArtefactSet, context: FetchContext): Promise<void> {
  await removePartial(folder)
  const temporary = `${folder}.partial-${process.pid}`
  await mkdir(temporary, { recursive: true })
  try {
    for (const part of set.parts) await fetchPart(part, set, temporary, context)
    await install(temporary, folder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Only the lock's holder gets here: what lies there is of one that was killed, whose client may even go on writing. */
async function removePartial(folder: string): Promise<void> {
  const names = await readdir(dirname(folder))
  const partial = names.filter((name) => name.startsWith(`${basename(folder)}.partial-`))
  await Promise.all(partial.map((name) => rm(join(dirname(folder), name), { recursive: true, force: true })))
}

async function fetchPart(
  part: Part,
  set: ArtefactSet,
  temporary: string,
  context: FetchContext,
): Promise<void> {
  const title = `${set.title} ${set.version}`
  const fetching: Fetching = {
    temporary,
    title,
    env: context.env,
    python: context.python.program,
    signal: context.signal,
  }
  const total = part.from === 'maven' ? part.jars : part.megabytes
  const step = context.progress.start(`Fetching ${title}`, total)
  const unit = part.from === 'maven' ? 'jars' : 'MB'
  const arrived = (done: number, detail = unit) => step.update(Math.min(Math.round(done), total), detail)
  if (part.from === 'maven') {
    await fetchByMaven(part, fetching, (jars, descriptors) =>
      arrived(jars, jars === 0 ? `${descriptors} descriptors read` : unit),
    )
  } else await fetchByPip(part, fetching, arrived)
  step.finish(`${total} ${unit}`)
}
