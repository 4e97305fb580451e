/**
 * Where fetched artefacts are kept, for all pipelines of a user. A set is there only when its marker is and every file
 * that the marker lists has its size: a set appears by one rename, and a damaged one is fetched again.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import type { ArtefactSet } from './artefacts.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Marker {
  readonly files: Readonly<Record<string, number>>
}

const markerName = 'pipec-artefacts.json'

/** PIPEC_CACHE, else pipec's part of XDG_CACHE_HOME, else of ~/.cache. */
export function cacheFolder(env: Environment): string {
  if (env.PIPEC_CACHE) return env.PIPEC_CACHE
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'pipec')
}

/** A set's own folder: another coordinate, or another Python for what is built for one, is another folder. */
export function setFolder(env: Environment, set: ArtefactSet, python: string): string {
  const venv = set.parts.some((part) => part.from === 'venv')
  const identity = JSON.stringify([set.parts, venv ? python : null])
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 8)
  return join(cacheFolder(env), `${set.name}-${set.version}-${hash}`)
}

/** Whether the set is there, whole. */
export async function isComplete(folder: string): Promise<boolean> {
  const marker = await readMarker(join(folder, markerName))
  if (marker === null) return false
  const files = Object.entries(marker.files)
  const sizes = await Promise.all(files.map(([path]) => sizeOf(join(folder, path))))
  return files.every(([, size], index) => size === sizes[index])
}

async function readMarker(path: string): Promise<Marker | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Marker
  } catch {
    return null
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found === null ? null : found.size
}

/** Writes the marker and puts the set in its place, in that order. */
export async function install(temporary: string, folder: string): Promise<void> {
  const files: Record<string, number> = {}
  for (const path of await filesBelow(temporary)) {
    const size = await sizeOf(path)
    if (size !== null) files[relative(temporary, path)] = size
  }
  await writeFile(join(temporary, markerName), JSON.stringify({ files } satisfies Marker))
  await rm(folder, { recursive: true, force: true })
  await rename(temporary, folder)
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return (
    entries
      // Python rewrites its caches whenever it likes.
      .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes('__pycache__'))
      .map((entry) => join(entry.parentPath, entry.name))
  )
}

/** Bytes below a folder that others are still writing to. */
export async function bytesBelow(folder: string): Promise<number> {
  const paths = await filesBelow(folder).catch(() => [])
  const sizes = await Promise.all(paths.map(sizeOf))
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
}
