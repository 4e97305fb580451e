/** The JSON files in which `up` keeps what it has started. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { Failure } from './failure.ts'

/**
 * Null where there is none.
 * @param next what to do with one that cannot be understood: cut off, edited by hand, or of another version.
 * @throws Failure when it cannot be read or understood.
 */
export async function readJsonRecord<T extends { readonly version: 1 }>(
  path: string,
  holds: (record: T) => boolean,
  next: string,
): Promise<T | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Failure(`Cannot read ${path}: ${error.message}`, { cause: error })
  })
  if (text === null) return null
  try {
    const record = JSON.parse(text) as T
    if (record.version === 1 && holds(record)) return record
  } catch {
    // Falls through: the remedy is the same.
  }
  throw new Failure(`${path} is not a record that this version of pipec wrote.`, { next })
}

/** Whole or not at all: a reader never sees half a record. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`)
  await rename(draft, path)
}
