import { dirname } from 'node:path'
import { readLocal } from '../../runtime/local.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { downText } from '../views/up.ts'
import { type StarterName, starterOf } from './up.ts'

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
  // Without a record only the native way can have left something: processes of a start that was cut off.
  const starter = await starterOf(options.with ?? (await readLocal(cwd).catch(() => null))?.with ?? 'native')
  const { env, progress, signal } = io
  const report = await starter.down({ cwd, env, volumes: options.volumes, progress, signal })
  await io.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : downText(report))
  return 0
}
