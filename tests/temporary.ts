/** Each file of tests makes its folders in one of its own. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'

process.env.TMPDIR = mkdtempSync(join(process.env.PIPEC_TEST_FOLDER!, 'file-'))
