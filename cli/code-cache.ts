/**
 * The command line's bundle with what V8 made of it when the package was built: compiling half a megabyte anew costs
 * as much time as all the rest of `pipec build`. V8 takes the cache only if it made it itself, of this very text.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

export interface Bundle {
  readonly script: Script
  run(): void
}

/** The bundle beside this file; `cache` is what an earlier `script.createCachedData()` gave. */
export function bundle(folder: string, cache: Buffer | undefined): Bundle {
  const filename = join(folder, 'main.cjs')
  const text = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8')}\n})`
  const script = new Script(text, {
    filename,
    ...(cache === undefined ? {} : { cachedData: cache }),
  })
  return {
    script,
    run() {
      const module = { exports: {} }
      script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename))
    },
  }
}

export function cachePath(folder: string): string {
  return join(folder, 'main.cache')
}
