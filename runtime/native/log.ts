/** The log files of the engines' processes. */
import { type FileHandle, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { shortened } from '../text.ts'

export function logPath(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`)
}

/** A new log; the one of the last start is kept beside it as `.log.1`. */
export async function openLog(path: string): Promise<FileHandle> {
  await rename(path, `${path}.1`).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  return open(path, 'a')
}

const tailBytes = 32_768

/** Characters of a line: a class path alone can fill a screen. */
const longest = 400

/** The last lines that say something, read from the end: a log may be large, and most of a failure is stack frames. */
export async function lastLines(path: string, count: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return ''
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.min(size, tailBytes))
    await file.read(buffer, 0, buffer.length, size - buffer.length)
    const lines = buffer.toString('utf8').trimEnd().split('\n').filter(isTelling)
    return lines
      .slice(-count)
      .map((line) => shortened(line, longest))
      .join('\n')
  } finally {
    await file.close()
  }
}

function isTelling(line: string): boolean {
  return line.trim() !== '' && !/^\s+at \S|^\s*\.\.\. \d+ (more|common)/.test(line)
}
