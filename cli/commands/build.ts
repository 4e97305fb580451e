import { dirname, join, relative } from 'node:path'
import { hash } from '../../compiler/hash.ts'
import { Failure } from '../../runtime/failure.ts'
import { readTree, replaceTree, type Tree } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadOutput } from '../load.ts'

export interface BuildOptions {
  readonly file: string
  /** The folder to write, default `generated` beside the pipeline. */
  readonly output: string | null
  readonly check: boolean
  readonly watch: boolean
  /** Only this engine's files. */
  readonly engine: string | null
  readonly json: boolean
}

export interface FileChange {
  readonly path: string
  readonly status: 'created' | 'updated' | 'removed' | 'unchanged'
}

/** Writes `generated/`, or with `check` only says how it differs. */
export async function build(options: BuildOptions, io: Io): Promise<ExitCode> {
  const code = await once(options, io)
  if (!options.watch) return code
  const { watchFile } = await import('../watch.ts')
  await watchFile(absolute(io, options.file), io, async () => void (await once(options, io)))
  return 130
}

async function once(options: BuildOptions, io: Io): Promise<ExitCode> {
  const output = loadOutput(options.file, io)
  if (output === null) return 1
  const folder = generatedFolder(options.file, options.output, io)
  refuseToReplace(absolute(io, options.file), folder, options.output)
  const live = readTree(folder)
  const asked = options.engine === null ? () => true : (path: string) => path.startsWith(`${options.engine}/`)
  const wanted = new Map([...output.files].filter(([path]) => asked(path)))
  const earlier = [...earlierFiles(live)].filter(
    ([path]) => asked(path) && live.has(path) && !wanted.has(path),
  )
  const gone = new Set(earlier.filter(([path, sum]) => hash(live.get(path)!) === sum).map(([path]) => path))
  const changes = compare(live, wanted, gone)
  const stale = changes.some((each) => each.status !== 'unchanged')
  if (options.check) return report(stale ? 2 : 0, changes, live, wanted, folder, options, io)
  if (stale) replaceTree(folder, wanted, gone)
  for (const [path] of earlier.filter(([path]) => !gone.has(path)))
    io.err(`${path} is no longer wanted, but was edited since pipec wrote it; it stays.\n`)
  return report(0, changes, live, wanted, folder, options, io)
}

/** The whole folder is replaced, so that it must be one of its own. */
function refuseToReplace(file: string, folder: string, output: string | null): void {
  if (relative(folder, file).startsWith('..')) return
  throw new Failure(
    `${output} holds the pipeline itself, and pipec build replaces the folder that it writes.`,
    {
      next: 'Name a folder of its own after --output.',
    },
  )
}

/** Where the files of a pipeline are: `generated/` beside it unless told otherwise. */
export function generatedFolder(file: string, output: string | null, io: Io): string {
  return output === null ? join(dirname(absolute(io, file)), 'generated') : absolute(io, output)
}

/** What an earlier build wrote, with the hash of what it wrote: only that may be removed, while nobody has edited it. */
function earlierFiles(live: Tree): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(live.get('manifest.json') ?? '{}').files ?? {}))
  } catch {
    return new Map()
  }
}

function compare(live: Tree, wanted: Tree, gone: ReadonlySet<string>): readonly FileChange[] {
  const now = [...wanted].map(([path, text]): FileChange => {
    const before = live.get(path)
    return { path, status: before === undefined ? 'created' : before === text ? 'unchanged' : 'updated' }
  })
  const removed = [...gone].map((path): FileChange => ({ path, status: 'removed' }))
  return [...now, ...removed].sort((a, b) => (a.path < b.path ? -1 : 1))
}

const marks = { created: '+', updated: '~', removed: '-', unchanged: ' ' } as const

async function report(
  code: ExitCode,
  changes: readonly FileChange[],
  live: Tree,
  wanted: Tree,
  folder: string,
  options: BuildOptions,
  io: Io,
): Promise<ExitCode> {
  const shown = relative(io.cwd, folder) || '.'
  const different = changes.filter((each) => each.status !== 'unchanged')
  if (options.json) {
    await io.out(
      `${JSON.stringify({ folder: shown, stale: different.length > 0, files: changes }, null, 2)}\n`,
    )
  } else if (options.check && different.length > 0) {
    const { unifiedDiff } = await import('../views/diff.ts')
    await io.out(
      different
        .map(({ path }) => unifiedDiff(`${shown}/${path}`, live.get(path), wanted.get(path), io.color))
        .join(''),
    )
    io.err(`${shown}/ is stale: ${count(different.length)} would change. Run pipec build.\n`)
  } else if (different.length === 0) {
    io.err(`${shown}/ is up to date (${count(changes.length)}).\n`)
  } else {
    await io.out(different.map(({ path, status }) => `${marks[status]} ${shown}/${path}\n`).join(''))
    io.err(`${different.length} of ${count(changes.length)} changed in ${shown}/.\n`)
  }
  return code
}

function count(files: number): string {
  return files === 1 ? '1 file' : `${files} files`
}
