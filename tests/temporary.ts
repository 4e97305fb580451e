/** Each file of tests makes its folders in one of its own, which goes with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const before = process.env.TMPDIR
const folder = mkdtempSync(join(tmpdir(), 'pipec-tests-'))
process.env.TMPDIR = folder

afterAll(() => {
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})
