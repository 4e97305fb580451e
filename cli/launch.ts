/** The first file that Node reads: it starts the command line's bundle the fastest way that this Node has. */
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { bundle, cachePath } from './code-cache.ts'

declare const PIPEC_VERSION: string

function launch(): void {
  const [word, ...more] = process.argv.slice(2)
  if (more.length === 0 && (word === '--version' || word === '-V')) {
    // Nobody has to read it (`| true`).
    process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
      process.exitCode = code === 'EPIPE' ? 0 : 1
    })
    process.stdout.write(`${PIPEC_VERSION}\n`)
    return
  }
  const cached = cache()
  const made = cached === undefined ? undefined : bundle(__dirname, cached)
  if (made?.script.cachedDataRejected === false) made.run()
  else withoutCache()
}

function cache(): Buffer | undefined {
  try {
    return readFileSync(cachePath(__dirname))
  } catch {
    return undefined
  }
}

/** Built by another Node. From 22.1 on Node keeps a cache of its own, which helps from the second start on. */
function withoutCache(): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: () => unknown }
  enableCompileCache?.()
  require('./main.cjs')
}

launch()
