import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ended, pipec, start, temporaryFolder } from '../fixtures/command.ts'
import { pipelines } from '../fixtures/pipelines.ts'

const typo = pipelines.example.replace('sum(total_paid)', 'sum(totl_paid)')

function project(text: string | Uint8Array): string {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'pipeline.yaml'), text)
  return cwd
}

describe('pipec check', () => {
  test('says that a sound pipeline is sound', async () => {
    expect(await pipec(['check'], project(pipelines.example))).toEqual({
      code: 0,
      signal: null,
      out: 'pipeline.yaml is sound.\n',
      err: '',
    })
  })

  test('shows the line, the place and the suggestion', async () => {
    expect(await pipec(['check'], project(typo))).toMatchObject({
      code: 1,
      out: [
        'pipeline.yaml:26:19 error unknown-field',
        '"totl_paid" is not a field of source "transactions".',
        '  26 |   total_paid: sum(totl_paid)',
        '     |                   ^^^^^^^^^ did you mean "total_paid"?',
        '',
        '1 error',
        '',
      ].join('\n'),
    })
  })

  test('is done with warnings, and counts them', async () => {
    const surprising = pipelines.example.replace('    watermark_delay: 5s\n', '')
    const { code, out } = await pipec(['check'], project(surprising))
    expect(code).toBe(0)
    expect(out).toContain('warning zero-delay')
    expect(out).toMatch(/\n1 warning\n$/)
  })

  test('answers programs in JSON', async () => {
    const { code, out } = await pipec(['check', '--format', 'json'], project(typo))
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({
      file: 'pipeline.yaml',
      diagnostics: [
        {
          code: 'unknown-field',
          severity: 'error',
          message: '"totl_paid" is not a field of source "transactions".',
          hint: 'did you mean "total_paid"?',
          start: { line: 26, column: 19 },
          end: { line: 26, column: 28 },
        },
      ],
    })
    expect((await pipec(['check', '--json'], project(typo))).out).toBe(out)
    expect(
      JSON.parse((await pipec(['check', '--json'], project(pipelines.example))).out).diagnostics,
    ).toEqual([])
  })

  test('annotates on GitHub, one line for each, whatever the words hold', async () => {
    const hostile = 'name: "a%0Ab,c::d"\n"multi\\nline": 1\n'
    const { code, out } = await pipec(['check', '--format', 'github'], project(hostile))
    expect(code).toBe(1)
    for (const line of out.trimEnd().split('\n'))
      expect(line).toMatch(
        /^::error file=pipeline\.yaml,line=\d+,endLine=\d+,col=\d+(,endColumn=\d+)?,title=[a-z-]+::[^\n]+$/,
      )
    expect(out).toContain('a%250Ab,c::d')
    expect(out).toContain('multi%0Aline')
  })

  test('paints only where someone wants it', async () => {
    const cwd = project(typo)
    expect((await pipec(['check'], cwd, { env: { FORCE_COLOR: '1' } })).out).toContain('\u001b[31m')
    expect((await pipec(['check'], cwd, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).out).not.toContain(
      '\u001b',
    )
  })

  test.each([
    ['a missing file', (): [string, string] => [temporaryFolder(), 'pipeline.yaml']],
    ['a folder', (): [string, string] => [mkdirSync(join(project(''), 'x'), { recursive: true })!, '.']],
    ['a path through a file', (): [string, string] => [project(''), 'pipeline.yaml/x']],
  ])('%s is an error with a next step', async (_, make) => {
    const [cwd, file] = make()
    const { code, out, err } = await pipec(['check', file], cwd)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^error: Cannot read .*\.\n`pipec init` writes .*\n$/)
  })

  test.each([
    ['nothing', ''],
    ['bytes of a program', readFileSync(process.execPath).subarray(0, 5000)],
    ['a megabyte and more', Buffer.alloc(1_000_001, 'a')],
    ['UTF-16', Buffer.from(`\ufeff${pipelines.example}`, 'utf16le')],
    ['JSON of another kind', readFileSync('package.json')],
    ['text', readFileSync('LICENSE')],
  ])('%s is told with a place and without a stack', async (_, bytes) => {
    const { code, out, err } = await pipec(['check'], project(bytes))
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toMatch(/^pipeline\.yaml:\d+:\d+ error [a-z0-9-]+\n/)
    expect(out).not.toMatch(/\n {4}at |undefined|\u0000/)
  })

  test('ends well when nobody reads on', async () => {
    const child = start(['check'], project(typo))
    child.stdout?.destroy()
    const { signal, err } = await ended(child)
    expect({ signal, err }).toEqual({ signal: null, err: '' })
  })
})

describe('the command line itself', () => {
  test('has help with an example for every command', async () => {
    const { out } = await pipec(['--help'], temporaryFolder())
    const names = [...out.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help')
    expect(names).toEqual(
      expect.arrayContaining([
        'init',
        'check',
        'build',
        'run',
        'produce',
        'up',
        'down',
        'plan',
        'apply',
        'status',
        'destroy',
        'test',
      ]),
    )
    for (const name of names) {
      const help = await pipec([name, '--help'], temporaryFolder())
      expect(help, name).toMatchObject({ code: 0, err: '' })
      expect(help.out, name).toMatch(/\nExample:\n {2}\$ .*pipec /)
    }
  }, 60_000)

  test('says its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    for (const word of ['--version', '-V'])
      expect(await pipec([word], temporaryFolder())).toMatchObject({ code: 0, out: `${version}\n`, err: '' })
  })

  test.each([
    ['a command that is none', ['biuld'], /unknown command 'biuld'\n\(Did you mean build\?\)/],
    ['an option that is none', ['build', '--chek'], /unknown option '--chek'\n\(Did you mean --check\?\)/],
    ['a value that is none', ['check', '--format', 'xml'], /Allowed choices are text, json, github/],
    ['too many words', ['check', 'a', 'b'], /too many arguments/],
  ])('%s is an error that says what there is', async (_, words, expected) => {
    const { code, err, out } = await pipec(words, temporaryFolder())
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(expected)
  })

  test('takes what V8 cached when the package was built', async () => {
    const program = `
      const { readFileSync } = require('node:fs')
      const { Script } = require('node:vm')
      const text = '(function (exports, require, module, __filename, __dirname) {' + readFileSync('dist/main.cjs', 'utf8') + '\\n})'
      const { cachedDataRejected } = new Script(text, { filename: 'dist/main.cjs', cachedData: readFileSync('dist/main.cache') })
      process.exitCode = cachedDataRejected ? 1 : 0`
    const { spawnSync } = await import('node:child_process')
    expect(spawnSync(process.execPath, ['-e', program]).status).toBe(0)
  })
})
