/** What `up` started, in `.pipec/native.json`, so that `down` ends exactly that: written before each process is waited for. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalEngine } from '../local.ts'
import { readJsonRecord, writeJson } from '../record-file.ts'
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
  return readJsonRecord<NativeRecord>(
    recordPath(folder),
    ({ services }) => Array.isArray(services),
    'End the engines that it may name by hand, then delete the file.',
  )
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
