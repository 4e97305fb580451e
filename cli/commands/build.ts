import { dirname, join, relative } from 'node:path'
import type { Output } from '../../compiler/compile.ts'
import { hash } from '../../compiler/hash.ts'
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
  const live = readTree(folder)
  const wanted = options.engine === null ? output.files : onlyEngine(output, live, options.engine)
  const ours = written(live)
  const changes = compare(live, wanted, ours)
  const stale = changes.some((each) => each.status !== 'unchanged')
  if (options.check) return report(stale ? 2 : 0, changes, live, wanted, folder, options, io)
  if (stale)
    replaceTree(
      folder,
      wanted,
      [...live.keys()].filter((path) => !wanted.has(path) && !ours.has(path)),
    )
  return report(0, changes, live, wanted, folder, options, io)
}

/** Where the files of a pipeline are: `generated/` beside it unless told otherwise. */
export function generatedFolder(file: string, output: string | null, io: Io): string {
  return output === null ? join(dirname(absolute(io, file)), 'generated') : absolute(io, output)
}

/** The engine's own folder is new, everything else stays as it lies there. */
function onlyEngine(output: Output, live: Tree, engine: string): Tree {
  const inside = (path: string): boolean => path.startsWith(`${engine}/`)
  return new Map([
    ...[...live].filter(([path]) => !inside(path)),
    ...[...output.files].filter(([path]) => inside(path)),
  ])
}

/** What an earlier build wrote and nobody has edited since: only that may be removed. */
function written(live: Tree): ReadonlySet<string> {
  const files = manifestFiles(live.get('manifest.json'))
  return new Set([...live].filter(([path, text]) => files[path] === hash(text)).map(([path]) => path))
}

function manifestFiles(manifest: string | undefined): Readonly<Record<string, string>> {
  try {
    return JSON.parse(manifest ?? '{}').files ?? {}
  } catch {
    return {}
  }
}

function compare(live: Tree, wanted: Tree, ours: ReadonlySet<string>): readonly FileChange[] {
  const now = [...wanted].map(([path, text]): FileChange => {
    const before = live.get(path)
    return { path, status: before === undefined ? 'created' : before === text ? 'unchanged' : 'updated' }
  })
  const gone = [...ours]
    .filter((path) => !wanted.has(path))
    .map((path): FileChange => ({ path, status: 'removed' }))
  return [...now, ...gone].sort((a, b) => (a.path < b.path ? -1 : 1))
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
