/** The command line's door to the disk. Everything here is synchronous: a signal can only come between two calls of it. */
import {
  chmodSync,
  closeSync,
  cpSync,
  type Dirent,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Failure } from '../runtime/failure.ts'

/** Path below the folder, with `/`, to text. */
export type Tree = ReadonlyMap<string, string>

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is a file',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'no more of the disk is yours to use',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on it, then run the command again; or let it write elsewhere.',
  EDQUOT: 'Make room, then run the command again; or let it write elsewhere.',
  EROFS: 'Let it write elsewhere.',
}

/** An operating system's error as a Failure that names the file. */
export function fileFailure(action: 'read' | 'write', path: string, error: unknown, next?: string): Failure {
  const code = codeOf(error)
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
  const remedy = next ?? remedies[code]
  return new Failure(`Cannot ${action} ${path}: ${reason}.`, {
    cause: error,
    ...(remedy === undefined ? {} : { next: remedy }),
  })
}

/** The Failure that an error of a disk without room is, wherever it was thrown; null for any other. */
export function diskFailure(error: unknown): Failure | null {
  if (!(codeOf(error) in remedies)) return null
  return fileFailure('write', (error as NodeJS.ErrnoException).path ?? 'a file', error)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? ''
}

export function readBytes(path: string, next?: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw fileFailure('read', path, error, next)
  }
}

export function exists(path: string): boolean {
  return existsSync(path)
}

export function readText(path: string, next?: string): string {
  return Buffer.from(readBytes(path, next)).toString('utf8')
}

/** Every file below the folder; an absent folder is an empty tree. */
export function readTree(folder: string): Tree {
  try {
    recover(folder)
    const files = existsSync(folder) ? entriesOf(folder).filter(({ entry }) => entry.isFile()) : []
    return new Map(files.map(({ path }) => [path, readText(join(folder, path))]))
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure('read', folder, error)
  }
}

interface Entry {
  /** Below the folder, with `/`. */
  readonly path: string
  readonly entry: Dirent
}

function entriesOf(folder: string): Entry[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
    path: relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'),
    entry,
  }))
}

/**
 * Makes the folder hold this tree; what else is there stays, but for the paths in `gone`. A new folder is filled beside
 * the old one and takes its name, so that whoever looks sees the old files or the new ones. Only between two renames is
 * there neither, and `recover` mends what a crash leaves there.
 */
export function replaceTree(folder: string, tree: Tree, gone: ReadonlySet<string>): void {
  try {
    recover(folder)
    const place = existsSync(folder) ? realpathSync(folder) : resolve(folder)
    mkdirSync(dirname(place), { recursive: true })
    const fresh = mkdtempSync(join(dirname(place), `${freshPrefix(place)}${process.pid}-`))
    try {
      for (const [path, text] of tree) writeInto(fresh, path, text)
      if (existsSync(place)) carryOthers(place, fresh, (path) => tree.has(path) || gone.has(path))
      swap(place, fresh)
    } finally {
      rmSync(fresh, { recursive: true, force: true })
    }
  } catch (error) {
    throw error instanceof Failure ? error : fileFailure('write', folder, error)
  }
}

function writeInto(folder: string, path: string, text: string): void {
  const target = join(folder, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}

function carryOthers(from: string, to: string, replaced: (path: string) => boolean): void {
  for (const { path, entry } of entriesOf(from)) {
    const [source, target] = [join(from, path), join(to, path)]
    if (entry.isDirectory()) {
      if (readdirSync(source).length === 0) mkdirSync(target, { recursive: true })
    } else if (!replaced(path)) {
      mkdirSync(dirname(target), { recursive: true })
      carry(source, target, entry)
    }
  }
}

/** A link costs nothing and keeps owner and times; not every file system has them. */
function carry(source: string, target: string, entry: Dirent): void {
  if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
  else {
    try {
      linkSync(source, target)
    } catch {
      cpSync(source, target)
    }
  }
}

function backupOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.old`)
}

function freshPrefix(folder: string): string {
  return `.${basename(folder)}.new-`
}

function swap(folder: string, fresh: string): void {
  const old = backupOf(folder)
  chmodSync(fresh, existsSync(folder) ? statSync(folder).mode : 0o755)
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(fresh, folder)
  rmSync(old, { recursive: true, force: true })
}

/**
 * After a crash between the two renames the old folder is put back; after one behind them its remains go, and so does
 * what a process that is no more had begun to fill.
 */
function recover(folder: string): void {
  const place = existsSync(folder) ? realpathSync(folder) : resolve(folder)
  const old = backupOf(place)
  if (existsSync(old)) {
    if (existsSync(place)) rmSync(old, { recursive: true, force: true })
    else renameSync(old, place)
  }
  if (!existsSync(dirname(place))) return
  for (const name of readdirSync(dirname(place))) {
    const pid = name.startsWith(freshPrefix(place))
      ? Number.parseInt(name.slice(freshPrefix(place).length), 10)
      : Number.NaN
    if (!Number.isNaN(pid) && !isRunning(pid))
      rmSync(join(dirname(place), name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Writes a file through a temporary one beside it, so that a reader sees the old text or the new. */
export function writeAtomically(path: string, text: string): void {
  const file = openReplacement(path)
  try {
    file.write(text)
    file.keep()
  } finally {
    file.discard()
  }
}

/** Writes a file that must not exist yet; false when it does. */
export function writeNew(path: string, text: string): boolean {
  let file: number
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    file = openSync(path, 'wx')
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw fileFailure('write', path, error)
  }
  try {
    writeWhole(file, path, text)
  } catch (error) {
    // What was begun would be taken for the user's own the next time.
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return true
}

/** A file to be written piece by piece. */
export interface Output {
  write(text: string): void
  /** Now the path holds what was written. */
  keep(): void
  /** The path is as it was, where that can be; does nothing after `keep`. */
  discard(): void
}

/** Written as it is, for whoever reads it meanwhile; an old file is emptied. */
export function openInPlace(path: string): Output {
  const { write, close } = openForWriting(path, path)
  return { write, keep: close, discard: close }
}

/** Written beside the path, which it takes in the end. A device or pipe is written as it is. */
export function openReplacement(path: string): Output {
  if (existsSync(path) && !statSync(path).isFile() && !statSync(path).isDirectory()) return openInPlace(path)
  const place = existsSync(path) ? realpathSync(path) : path
  const temporary = `${place}.${process.pid}.tmp`
  const { write, close } = openForWriting(temporary, path)
  return {
    write,
    keep() {
      try {
        close()
        renameSync(temporary, place)
      } catch (error) {
        rmSync(temporary, { force: true })
        throw fileFailure('write', path, error)
      }
    },
    discard() {
      close()
      rmSync(temporary, { force: true })
    },
  }
}

/** Messages name the file as the user did. */
function openForWriting(path: string, named: string): { write(text: string): void; close(): void } {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    const file = openSync(path, 'w')
    let open = true
    return {
      write: (text) => writeWhole(file, named, text),
      close() {
        if (open) closeSync(file)
        open = false
      },
    }
  } catch (error) {
    throw fileFailure('write', named, error)
  }
}

function writeWhole(file: number, path: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw fileFailure('write', path, error)
  }
}
