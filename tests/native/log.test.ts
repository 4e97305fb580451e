import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lastLines, openLog } from '../../runtime/native/log.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-log-'))
  path = join(folder, 'a.log')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('the end of a log is what it says, without stack frames', async () => {
  writeFileSync(
    path,
    'one\ntwo\njava.lang.RuntimeException: three\n\tat a.B.c(B.java:1)\n\t... 9 more\n\nfour\n',
  )
  expect(await lastLines(path, 3)).toBe('two\njava.lang.RuntimeException: three\nfour')
})

test('a large log with large lines is read from its end, and they are cut', async () => {
  writeFileSync(path, `${'x'.repeat(5_000_000)}\n${'y'.repeat(1_000)}\nlast\n`)
  expect(await lastLines(path, 2)).toBe(`${'y'.repeat(400)}…\nlast`)
})

test('a log that is not there says nothing', async () => {
  expect(await lastLines(path, 3)).toBe('')
})

test('a new log keeps the one before', async () => {
  writeFileSync(path, 'before')
  const file = await openLog(path)
  await file.write('now')
  await file.close()
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('before')
  expect(readFileSync(path, 'utf8')).toBe('now')
  await (await openLog(path)).close()
  expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1'])
})
