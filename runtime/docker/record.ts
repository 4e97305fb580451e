/** What `up` starts in Docker, in `.pipec/docker.json`: written before the first container, for a `down` after a kill. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonRecord, writeJson } from '../record-file.ts'

export interface DockerRecord {
  readonly version: 1
  /** Compose's name for the whole, by which it finds containers, network and volumes again without any file. */
  readonly project: string
  /** Those that `up` started from this directory; empty once they are ended and only their data is left. */
  readonly services: readonly string[]
  /** False from before the first container until all of them are healthy. */
  readonly settled: boolean
}

/** Also the mark of the processes that work for it: Compose goes on for a while when the `up` that ran it is killed. */
export function dockerRecordPath(folder: string): string {
  return join(folder, 'docker.json')
}

/** @throws Failure when the record cannot be understood. */
export async function readDockerRecord(folder: string): Promise<DockerRecord | null> {
  return readJsonRecord<DockerRecord>(
    dockerRecordPath(folder),
    ({ services }) => Array.isArray(services),
    'End the containers by hand (`docker compose ls` names them), then delete the file.',
  )
}

/** Null removes it. */
export async function writeDockerRecord(folder: string, record: DockerRecord | null): Promise<void> {
  const path = dockerRecordPath(folder)
  await (record === null ? rm(path, { force: true }) : writeJson(path, record))
}
