import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'pipec-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tests = `
let tries = 0
describe('an engine', () => {
  test('stalls', () => expect(++tries).toBe(2))
  test('answers', () => expect(1).toBe(1))
  test('fails', () => expect(1).toBe(2))
  test.skip('is not there', () => {})
})
`

test('CI ends with the counts, after what passed only at a second try and why', () => {
  writeFileSync(join(folder, 'some.test.js'), tests)
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  const options = ['--globals', '--retry=1', '--reporter=json', '--outputFile=report.json']
  const ran = spawnSync(process.execPath, [vitest, 'run', ...options], { cwd: folder, encoding: 'utf8' })
  expect(ran.status, ran.stderr).toBe(1)
  const script = resolve('scripts/closing-line.mjs')
  const { stdout } = spawnSync(process.execPath, [script, 'report.json'], { cwd: folder, encoding: 'utf8' })
  expect(stdout.split('\n')).toEqual([
    '1 passed only at a second try:',
    '  some.test.js: an engine stalls',
    '    AssertionError: expected 1 to be 2 // Object.is equality',
    '2 passed, 1 failed, 1 skipped',
    '',
  ])
})
