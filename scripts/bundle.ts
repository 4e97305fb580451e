/**
 * Makes dist/: the command as CommonJS, which Node starts faster than modules, with each command that a dynamic import
 * names in a file of its own; the public API as a module; and its types.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Takes the name of dist/ when it is whole: whoever runs pipec meanwhile runs the old one. */
const fresh = `dist.new-${process.pid}`

/**
 * Pure: worth more inside the bundle than as look-ups in node_modules. DuckDB's native binding stays outside; package.json
 * names it, in the one version that fits, for installers that do not lay out what dependencies depend on.
 */
const bundled = new Set([
  'yaml',
  'ajv',
  'handlebars',
  'commander',
  'picocolors',
  'diff',
  'cli-table3',
  'string-width',
  '@duckdb/node-api',
])
const external = Object.keys(dependencies).filter((name) => !bundled.has(name))

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  external,
  define: { PIPEC_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
}

/** Dynamic imports of our own files become chunks: found while bundling, bundled in turn. */
function chunks(found: Set<string>): Plugin {
  return {
    name: 'chunks',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return null
        const file = resolve(resolveDir, path)
        found.add(file)
        return { path: `./${chunkName(file)}`, external: true }
      })
    },
  }
}

/** commander starts commands that are programs of their own; pipec has none, and loading this costs milliseconds. */
const withoutChildProcesses: Plugin = {
  name: 'without-child-processes',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'none', namespace: 'none' } : null,
    )
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '' }))
  },
}

function chunkName(file: string): string {
  return `${relative('.', file).replaceAll(/[\\/]/g, '-').replace(/\.ts$/, '')}.cjs`
}

async function bundleCommand(entry: string, outfile: string, done: Set<string>): Promise<void> {
  const found = new Set<string>()
  await build({
    ...shared,
    entryPoints: [entry],
    outfile,
    format: 'cjs',
    // A script that V8 took from its cache cannot import(); require() takes modules too from Node 20.19 on.
    supported: { 'dynamic-import': false },
    plugins: [chunks(found), withoutChildProcesses],
  })
  for (const file of found) {
    if (done.has(file)) continue
    done.add(file)
    await bundleCommand(file, `${fresh}/${chunkName(file)}`, done)
  }
}

/** What Node starts; it finds main.cjs beside it. */
async function bundleLauncher(): Promise<void> {
  const external = ['./main.cjs']
  const launcher = { ...shared, format: 'cjs', external } as const
  const banner = { js: '#!/usr/bin/env node' }
  await build({ ...launcher, banner, entryPoints: ['cli/launch.ts'], outfile: `${fresh}/pipec.cjs` })
  await build({ ...launcher, entryPoints: ['scripts/warm.ts'], outfile: `${fresh}/warm.cjs` })
}

/** Builds the example, so that what building needs is compiled and cached. */
function warm(): void {
  const output = mkdtempSync(join(tmpdir(), 'pipec-warm-'))
  spawnSync(process.execPath, [`${fresh}/warm.cjs`, 'build', '--output', output], { stdio: 'ignore' })
  rmSync(output, { recursive: true })
  rmSync(`${fresh}/warm.cjs`)
  if (!existsSync(`${fresh}/main.cache`)) throw new Error('the command line does not start')
}

rmSync(fresh, { recursive: true, force: true })
mkdirSync(fresh, { recursive: true })
await bundleCommand('cli/pipec.ts', `${fresh}/main.cjs`, new Set())
await bundleLauncher()
warm()
await build({
  ...shared,
  entryPoints: ['index.ts'],
  outfile: `${fresh}/index.js`,
  format: 'esm',
  packages: 'external',
})
const types = ['tsc', '-p', 'tsconfig.types.json', '--outDir', `${fresh}/types`]
execFileSync('npx', types, { stdio: 'inherit' })
chmodSync(`${fresh}/pipec.cjs`, 0o755)
rmSync('dist', { recursive: true, force: true })
renameSync(fresh, 'dist')
