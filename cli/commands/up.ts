import { dirname } from 'node:path'
import { readDockerRecord } from '../../runtime/docker/record.ts'
import { engineKeys } from '../../runtime/engines/engine.ts'
import { Failure } from '../../runtime/failure.ts'
import { type LocalEngine, localFolder, readLocal } from '../../runtime/local.ts'
import { readRecord } from '../../runtime/native/record.ts'
import type { Starter, UpRequest } from '../../runtime/starter.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { upText } from '../views/up.ts'

export type StarterName = 'docker' | 'native'

export interface UpOptions {
  /** The pipeline, whose folder everything is kept beside. */
  readonly file: string
  /** Null: as before; the first time Docker where there is one and a compose file to go by, else natively. */
  readonly with: StarterName | null
  /** Names separated by commas; null for those that the pipeline uses. */
  readonly engine: string | null
  readonly portOffset: number | null
  readonly json: boolean
}

/** Starts the engines, waits until each answers, and says where to look. */
export async function up(options: UpOptions, io: Io): Promise<ExitCode> {
  const request: UpRequest = {
    cwd: dirname(absolute(io, options.file)),
    env: io.env,
    engines: options.engine === null ? null : engineNames(options.engine),
    portOffset: options.portOffset,
    progress: io.progress,
    signal: io.signal,
  }
  const name = options.with ?? (await defaultStarter(request))
  try {
    const report = await (await starterOf(name)).up(request)
    for (const line of report.leftOut) io.err(`${line}\n`)
    await io.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : upText(report))
    return 0
  } catch (error) {
    if (!io.signal.aborted) throw error
    io.err('Interrupted: what this run had started has been ended again.\n')
    return 130
  }
}

/** The two ways to start engines, each loaded only when it is the one. */
export async function starterOf(name: StarterName): Promise<Starter> {
  if (name === 'native') {
    const [{ upNative }, { downNative }] = await Promise.all([
      import('../../runtime/native/up.ts'),
      import('../../runtime/native/down.ts'),
    ])
    return { up: upNative, down: downNative }
  }
  const [{ upDocker }, { downDocker }] = await Promise.all([
    import('../../runtime/docker/up.ts'),
    import('../../runtime/docker/down.ts'),
  ])
  return { up: upDocker, down: downDocker }
}

/** What an `up` of this directory has begun, whether it came to its end or was killed; null when nothing is left of one. */
export async function begunWith(cwd: string): Promise<StarterName | null> {
  const folder = localFolder(cwd)
  const [native, docker] = await Promise.all([readRecord(folder), readDockerRecord(folder)])
  if (native !== null) return 'native'
  if (docker !== null && docker.services.length > 0) return 'docker'
  return (await readLocal(cwd))?.with ?? null
}

async function defaultStarter(request: UpRequest): Promise<StarterName> {
  const begun = await begunWith(request.cwd)
  if (begun !== null) return begun
  const { dockerProblem } = await import('../../runtime/docker/tools.ts')
  return request.portOffset === null && (await dockerProblem(request)) === null ? 'docker' : 'native'
}

/** @throws Failure for a name that is none. */
export function engineNames(text: string): readonly LocalEngine[] {
  return text.split(',').map((word) => {
    const name = engineKeys.find((each) => each === word.trim())
    if (name !== undefined) return name
    throw new Failure(`"${word.trim()}" is not an engine that can be started.`, {
      next: `Choose from ${engineKeys.join(', ')}, separated by commas.`,
    })
  })
}
