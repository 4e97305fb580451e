/** What a case of tests/cases/ is held against: the files that its pipeline becomes, or what is wrong with it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../compiler/compile.ts'
import { frame, lineStarts } from '../compiler/diagnostics/frame.ts'

export const casesFolder = new URL('./cases', import.meta.url).pathname

export type Golden = ReadonlyMap<string, string>

/** The folders below tests/cases/, each named by a sentence about what it shows. */
export function caseNames(): string[] {
  return readdirSync(casesFolder, { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map((each) => each.name)
    .sort()
}

/** `diagnostics.txt` when there is anything to say, warnings too; else `expected/` with every generated file. */
export function produced(name: string): Golden {
  const { text, diagnostics, output } = compile(readFileSync(join(casesFolder, name, 'pipeline.yaml')))
  if (output !== null && diagnostics.length === 0)
    return new Map([...output.files].map(([path, file]) => [`expected/${path}`, file]))
  const starts = lineStarts(text)
  const frames = diagnostics.map((each) => `${frame('pipeline.yaml', text, starts, each)}\n`)
  return new Map([['diagnostics.txt', frames.join('\n')]])
}

/** Everything that lies in the case's folder besides its pipeline. */
export function accepted(name: string): Golden {
  const folder = join(casesFolder, name)
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .filter((path) => path !== 'pipeline.yaml')
    .sort()
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}
