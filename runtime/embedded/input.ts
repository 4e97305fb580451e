/** Where records come from, as a file that DuckDB can read twice: pipes and streams are copied first. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline as pump } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Failure } from '../failure.ts'
import type { RecordGenerator } from '../produce/generator.ts'
import { unpaced } from '../produce/pace.ts'
import { writeRecords } from '../produce/write.ts'
import { temporaryFailure } from './failure.ts'
import { assertWhole } from './zstd.ts'

export interface Input {
  readonly path: string
  /** Removes what was copied; the user's own file stays. */
  remove(): void
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'part of its path is a file',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  Z_BUF_ERROR: 'its compressed data is cut off',
  Z_DATA_ERROR: 'its compressed data is damaged',
}

const next = '--input names a file of one JSON object a line, or - for standard input.'

/**
 * A file by its absolute path, named in messages as the user named it. What is no plain file (a pipe, a terminal), what
 * begins with a byte order mark and what gzip wrote is copied: DuckDB takes the beginning of a compressed file for the whole.
 * Throws Failure where it cannot be read.
 */
export async function openFileInput(path: string, named: string, signal?: AbortSignal): Promise<Input> {
  try {
    const stats = statSync(path)
    if (stats.isDirectory()) throw new Failure(`Cannot read ${named}: it is a folder.`, { next })
    if (!stats.isFile()) return await openStreamInput(createReadStream(path), signal)
    const start = beginning(path)
    if (begins(start, gzipped)) return await openStreamInput(unzipped(path), signal)
    if (begins(start, mark)) return await openStreamInput(createReadStream(path), signal)
    // By its name, as DuckDB takes it.
    if (path.endsWith('.zst')) assertWhole(path)
    else if (begins(start, zstandard)) throw misnamed(named)
    return { path, remove: () => {} }
  } catch (error) {
    throw readFailure(error, named)
  }
}

/** A stream to its end, without a byte order mark at its start. */
export async function openStreamInput(stream: NodeJS.ReadableStream, signal?: AbortSignal): Promise<Input> {
  const copy = temporaryFile()
  try {
    const source = Readable.from(withoutMark(stream))
    await pump(source, createWriteStream(copy.path), ...(signal === undefined ? [] : [{ signal }]))
    return copy
  } catch (error) {
    copy.remove()
    throw temporaryFailure(error)
  }
}

/** Lines that a program has at hand. */
export function openTextInput(text: string): Input {
  const copy = temporaryFile()
  writeFileSync(copy.path, text)
  return copy
}

/** Records that a generator makes; null when the signal came before the last one. */
export async function openGeneratedInput(
  generator: RecordGenerator,
  count: number,
  signal: AbortSignal,
  onProgress: (made: number) => void,
): Promise<Input | null> {
  const copy = temporaryFile()
  const file = openSync(copy.path, 'w')
  try {
    const write = (text: string): void => writeFileSync(file, text)
    const made = await writeRecords(generator, write, { count, pace: unpaced, signal, onProgress })
    if (made === count) return copy
    copy.remove()
    return null
  } catch (error) {
    copy.remove()
    throw temporaryFailure(error)
  } finally {
    closeSync(file)
  }
}

/** A path for a file of ours, removed at the latest when the process ends. */
export function temporaryFile(): Input {
  const path = join(tmpdir(), `pipec-${randomBytes(6).toString('hex')}.ndjson`)
  const remove = (): void => {
    rmSync(path, { force: true })
    process.off('exit', remove)
  }
  process.on('exit', remove)
  return { path, remove }
}

const mark = Buffer.from([0xef, 0xbb, 0xbf])
const gzipped = Buffer.from([0x1f, 0x8b, 0x08])
const zstandard = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

function beginning(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(zstandard.length)
    readSync(file, start)
    return start
  } finally {
    closeSync(file)
  }
}

function begins(bytes: Buffer, sign: Buffer): boolean {
  return bytes.subarray(0, sign.length).equals(sign)
}

function misnamed(named: string): Failure {
  return new Failure(`Cannot read ${named}: it is compressed by zstd, and its name does not say so.`, {
    next: 'Give it a name that ends in .zst.',
  })
}

function unzipped(path: string): NodeJS.ReadableStream {
  const unzip = createGunzip()
  createReadStream(path)
    .on('error', (error) => unzip.destroy(error))
    .pipe(unzip)
  return unzip
}

async function* withoutMark(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  let start: Buffer | null = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (start === null) yield bytes
    else {
      start = Buffer.concat([start, bytes])
      if (start.length < mark.length) continue
      yield unmarked(start)
      start = null
    }
  }
  if (start !== null) yield unmarked(start)
}

function unmarked(bytes: Buffer): Buffer {
  return begins(bytes, mark) ? bytes.subarray(mark.length) : bytes
}

function readFailure(error: unknown, named: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof Failure || code === undefined || code === 'ABORT_ERR') return error
  const reason = reasons[code] ?? (error as Error).message
  return new Failure(`Cannot read ${named}: ${reason}.`, { next, cause: error })
}
