/** The command line's door to the disk. Everything here is synchronous: a signal can only come between two calls of it. */
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
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
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
}

/** An operating system's error as a Failure that names the file. */
export function fileFailure(action: 'read' | 'write', path: string, error: unknown, next?: string): Failure {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
  return new Failure(`Cannot ${action} ${path}: ${reason}.`, {
    cause: error,
    ...(next === undefined ? {} : { next }),
  })
}

export function readBytes(path: string, next?: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw fileFailure('read', path, error, next)
  }
}

export function readText(path: string, next?: string): string {
  return Buffer.from(readBytes(path, next)).toString('utf8')
}

/** Every file below the folder; an absent folder is an empty tree. */
export function readTree(folder: string): Tree {
  recover(folder)
  if (!existsSync(folder)) return new Map()
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
  return new Map(paths.map((path) => [path.slice(folder.length + 1).replaceAll('\\', '/'), readText(path)]))
}

/**
 * Makes the folder hold exactly this tree, besides files that are not ours: those are carried over. A new folder is
 * filled beside the old one and takes its name, so that whoever looks sees the old files or the new ones. Only between
 * two renames is there neither, and `recover` mends what a crash leaves there.
 */
export function replaceTree(folder: string, tree: Tree, keep: Iterable<string>): void {
  const parent = dirname(resolve(folder))
  try {
    recover(folder)
    mkdirSync(parent, { recursive: true })
    const fresh = mkdtempSync(join(parent, `.${basename(folder)}.new-`))
    try {
      for (const [path, text] of tree) writeInto(fresh, path, text)
      for (const path of keep) carry(folder, fresh, path)
      swap(folder, fresh)
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

function carry(from: string, to: string, path: string): void {
  const target = join(to, path)
  mkdirSync(dirname(target), { recursive: true })
  try {
    linkSync(join(from, path), target)
  } catch {
    cpSync(join(from, path), target)
  }
}

function backupOf(folder: string): string {
  return join(dirname(resolve(folder)), `.${basename(folder)}.old`)
}

function swap(folder: string, fresh: string): void {
  const old = backupOf(folder)
  const mode = existsSync(folder) ? statSync(folder).mode : 0o755
  chmodSync(fresh, mode)
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(fresh, folder)
  rmSync(old, { recursive: true, force: true })
}

/** After a crash between the two renames the old folder is put back; after one behind them its remains go. */
function recover(folder: string): void {
  const old = backupOf(folder)
  if (!existsSync(old)) return
  if (existsSync(folder)) rmSync(old, { recursive: true, force: true })
  else renameSync(old, folder)
}

/** Writes a file through a temporary one beside it, so that a reader sees the old text or the new. */
export function writeAtomically(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    writeFileSync(temporary, text)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw fileFailure('write', path, error)
  }
}

/** Writes a file that must not exist yet; false when it does. */
export function writeNew(path: string, text: string): boolean {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileFailure('write', path, error)
  }
}

/** A new file, or an old one emptied, to be written piece by piece. */
export function openOutput(path: string): { write(text: string): void; close(): void } {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true })
    const file = openSync(path, 'w')
    return { write: (text) => writeWhole(file, path, text), close: () => closeSync(file) }
  } catch (error) {
    throw fileFailure('write', path, error)
  }
}

export interface Replacement {
  write(text: string): void
  /** Now the path holds what was written. */
  keep(): void
  /** The path is as it was; does nothing after `keep`. */
  discard(): void
}

/** A file to be written piece by piece beside the path, which it takes in the end. A device or pipe is written as it is. */
export function openReplacement(path: string): Replacement {
  if (existsSync(path) && !statSync(path).isFile() && !statSync(path).isDirectory()) {
    const { write, close } = openOutput(path)
    return { write, keep: close, discard: () => {} }
  }
  const temporary = `${path}.${process.pid}.tmp`
  const { write, close } = openOutput(temporary)
  let open = true
  const end = (): void => {
    if (open) close()
    open = false
  }
  return {
    write,
    keep() {
      end()
      try {
        renameSync(temporary, path)
      } catch (error) {
        rmSync(temporary, { force: true })
        throw fileFailure('write', path, error)
      }
    },
    discard() {
      end()
      rmSync(temporary, { force: true })
    },
  }
}

function writeWhole(file: number, path: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw fileFailure('write', path, error)
  }
}
