/** Bundled beside the command line: runs it, and keeps what V8 has compiled by the end of the run. */
import { writeFileSync } from 'node:fs'
import { bundle, cachePath } from '../cli/code-cache.ts'

const { script, run } = bundle(__dirname, undefined)
process.on('exit', () => writeFileSync(cachePath(__dirname), script.createCachedData()))
run()
