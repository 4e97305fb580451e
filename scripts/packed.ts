/** Packs the package, installs it into an empty project as a user would, and runs what it promises there. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'pipec-packed-'))
const root = resolve('.')

function run(cwd: string, program: string, ...parameters: string[]): string {
  return execFileSync(program, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

const useApi = `
import { compile, frame, lineStarts } from 'pipec'
import { readFileSync } from 'node:fs'
const { output, diagnostics, text } = compile(readFileSync('pipeline.yaml'))
for (const each of diagnostics) console.error(frame('pipeline.yaml', text, lineStarts(text), each))
if (output === null || !output.files.has('duckdb/query.sql')) process.exit(1)
`

const useTypes = `
import { type Compilation, compile } from 'pipec'
const compilation: Compilation = compile('name: x')
export const count: number = compilation.diagnostics.length
// @ts-expect-error: the types are really there
export const wrong: string = compilation.diagnostics.length
`

try {
  const packed = JSON.parse(
    run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  )[0]
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`)
  run(folder, 'npx', 'pipec', 'init')
  run(folder, 'npx', 'pipec', 'check')
  run(folder, 'npx', 'pipec', 'build')
  const rows = run(folder, 'npx', 'pipec', 'run', '--records', '1000', '--format', 'json').trim().split('\n')
  if (rows.some((row) => typeof JSON.parse(row).window_start !== 'number'))
    throw new Error(`no windows: ${rows[0]}`)
  writeFileSync(join(folder, 'api.js'), useApi)
  run(folder, 'node', 'api.js')
  writeFileSync(join(folder, 'types.ts'), useTypes)
  const tsc = join(root, 'node_modules/.bin/tsc')
  const compilerOptions = { noEmit: true, strict: true, target: 'es2022', module: 'nodenext', types: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }))
  run(folder, tsc)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
