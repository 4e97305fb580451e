/** What `up` started, in `.pipec/native.json`, so that `down` ends exactly that: written before each process is waited for. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { LocalEngine } from '../local.ts'
import type { Ports } from './ports.ts'
import { isAlive, type ProcessId } from './processes.ts'

export interface StartedService extends ProcessId {
  readonly name: string
  readonly engine: LocalEngine
  readonly title: string
  readonly log: string
}

export interface NativeRecord {
  readonly version: 1
  readonly ports: Ports
  readonly services: readonly StartedService[]
}

function recordPath(folder: string): string {
  return join(folder, 'native.json')
}

/** @throws Failure when the record cannot be understood. */
export async function readRecord(folder: string): Promise<NativeRecord | null> {
  const path = recordPath(folder)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Failure(`Cannot read ${path}: ${error.message}`, { cause: error })
  })
  return text === null ? null : parseRecord(path, text)
}

export function parseRecord(path: string, text: string): NativeRecord {
  try {
    const record = JSON.parse(text) as NativeRecord
    if (record.version === 1 && Array.isArray(record.services)) return record
  } catch {
    // Falls through: the remedy is the same.
  }
  throw new Failure(`${path} is not a record that this version of pipec wrote.`, {
    next: 'End the engines that it may name by hand, then delete the file.',
  })
}

/** Whole or not at all: a reader never sees half a record. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`)
  await rename(draft, path)
}

export async function writeRecord(folder: string, record: NativeRecord): Promise<void> {
  await writeJson(recordPath(folder), record)
}

export async function removeRecord(folder: string): Promise<void> {
  await rm(recordPath(folder), { force: true })
}

/** Those of the record that still run. */
export async function aliveServices(record: NativeRecord | null): Promise<readonly StartedService[]> {
  const services = record?.services ?? []
  const alive = await Promise.all(services.map(isAlive))
  return services.filter((_, index) => alive[index])
}
