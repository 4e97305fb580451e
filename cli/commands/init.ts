import { join } from 'node:path'
import { exists, readText, writeAtomically, writeNew } from '../files.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute } from '../load.ts'
import { ignored, starterFiles } from '../starter.ts'

export interface InitOptions {
  readonly folder: string
}

/** Writes a pipeline that builds and runs as it is, with what belongs beside it. What is there already stays. */
export async function init({ folder }: InitOptions, io: Io): Promise<ExitCode> {
  const root = absolute(io, folder)
  const shown = (path: string): string => (folder === '.' ? path : join(folder, path))
  for (const { path, text } of starterFiles) {
    const written = writeNew(join(root, path), text)
    await io.out(written ? `+ ${shown(path)}\n` : `  ${shown(path)} is there already; left as it is\n`)
  }
  await io.out(`${ignore(root)} ${shown('.gitignore')}\n`)
  const enter = folder === '.' ? '' : `cd ${folder} && `
  io.err(
    [
      '',
      'Now:',
      `  ${enter}npx pipec run     compute it here, on generated records`,
      `  ${enter}npx pipec build   write what each engine is told into generated/; commit it`,
      `  ${enter}npx pipec test    hold it to the rows of tests/`,
      '',
    ].join('\n'),
  )
  return 0
}

/** Adds the lines that .gitignore lacks; gives the mark to print before its name. */
function ignore(root: string): '+' | '~' | ' ' {
  const path = join(root, '.gitignore')
  if (!exists(path)) {
    writeAtomically(path, ignored.map((line) => `${line}\n`).join(''))
    return '+'
  }
  const before = readText(path)
  const lines = new Set(before.split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, '')))
  const missing = ignored.filter((line) => !lines.has(line.replace(/\/$/, '')))
  if (missing.length === 0) return ' '
  const gap = before === '' || before.endsWith('\n') ? '' : '\n'
  writeAtomically(path, `${before}${gap}${missing.map((line) => `${line}\n`).join('')}`)
  return '~'
}
