import { dirname } from 'node:path'
import { readDockerRecord } from '../../runtime/docker/record.ts'
import { localFolder } from '../../runtime/local.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { downText } from '../views/up.ts'
import { begunWith, type StarterName, starterOf } from './up.ts'

export interface DownOptions {
  /** The pipeline beside which `up` keeps its record. */
  readonly file: string
  /** Null: whatever `up` used. */
  readonly with: StarterName | null
  /** Removes the engines' data too: topics, checkpoints, tables. */
  readonly volumes: boolean
  readonly json: boolean
}

/** Ends exactly what `up` started here. */
export async function down(options: DownOptions, io: Io): Promise<ExitCode> {
  const cwd = dirname(absolute(io, options.file))
  const starter = await starterOf(options.with ?? (await leftBy(cwd)))
  const { env, progress, signal } = io
  const report = await starter.down({ cwd, env, volumes: options.volumes, progress, signal })
  await io.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : downText(report))
  return 0
}

/** After a `down` Docker may still keep data. Without any record only processes of a native start can be left. */
export async function leftBy(cwd: string): Promise<StarterName> {
  // Where the engines answer does not matter here, so that a file which cannot be read does not either.
  const begun = await begunWith(cwd).catch(() => null)
  if (begun !== null) return begun
  return (await readDockerRecord(localFolder(cwd))) === null ? 'native' : 'docker'
}
