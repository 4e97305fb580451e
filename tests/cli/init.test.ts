import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { compile } from '../../compiler/compile.ts'
import { pipec, temporaryFolder } from '../fixtures/command.ts'

const files = ['.github/workflows/pipec.yml', '.gitignore', 'pipeline.yaml', 'tests/page_views.yaml']

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .sort()
}

describe('pipec init', () => {
  test('writes a pipeline that is sound, builds, runs and passes its tests as it is', {
    timeout: 120_000,
  }, async () => {
    const cwd = temporaryFolder()
    const made = await pipec(['init'], cwd)
    expect(made.code).toBe(0)
    expect(
      made.out
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(files.map((path) => `+ ${path}`).sort())
    expect(made.err).toContain('npx pipec run')
    expect(filesOf(cwd)).toEqual(files)
    expect(await pipec(['check'], cwd)).toMatchObject({ code: 0, out: 'pipeline.yaml is sound.\n', err: '' })
    expect(await pipec(['build'], cwd)).toMatchObject({ code: 0 })
    expect(await pipec(['build', '--check'], cwd)).toMatchObject({ code: 0 })
    const run = await pipec(['run', '--records', '500', '--seed', '1'], cwd)
    expect(run.code).toBe(0)
    expect(JSON.parse(run.out.split('\n')[0]!)).toMatchObject({ country: 'DE' })
    const tested = await pipec(['test'], cwd)
    expect({ code: tested.code, out: tested.out }).toMatchObject({ code: 0 })
  })

  test('makes the folder that it is given, and says how to get there', async () => {
    const cwd = temporaryFolder()
    const made = await pipec(['init', 'deep/new'], cwd)
    expect(made.out).toContain('+ deep/new/pipeline.yaml\n')
    expect(made.err).toContain('cd deep/new && npx pipec run')
    expect(filesOf(join(cwd, 'deep/new'))).toEqual(files)
  })

  test('overwrites nothing, and only adds to .gitignore', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'pipeline.yaml'), 'mine')
    writeFileSync(join(cwd, '.gitignore'), '/node_modules\ndist')
    const first = await pipec(['init'], cwd)
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toContain('  pipeline.yaml is there already; left as it is\n')
    expect(first.out).toContain('~ .gitignore\n')
    expect(readFileSync(join(cwd, 'pipeline.yaml'), 'utf8')).toBe('mine')
    expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe('/node_modules\ndist\n.pipec/\n')
    expect((await pipec(['init'], cwd)).out).not.toMatch(/^[+~]/m)
  })

  test('fails with a message where nothing can be written', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'file'), '')
    const { code, err } = await pipec(['init', 'file/new'], cwd)
    expect(code).toBe(1)
    expect(err).toMatch(/^error: Cannot write .*: part of its path is a file\.\n$/)
  })

  test('names a schema that an installed pipec has, and shows every commented environment rightly', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'x'))
    await pipec(['init', 'x'], cwd)
    const text = readFileSync(join(cwd, 'x/pipeline.yaml'), 'utf8')
    const { exports, files: published } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=\.\/node_modules\/pipec\/schema\/pipeline\.schema\.json\n/,
    )
    expect(exports['./schema']).toBe('./schema/pipeline.schema.json')
    expect(published).toContain('schema')
    const uncommented = text.replace(
      /^# (environments:[\s\S]*)$/m,
      (_, rest: string) => `environments:${rest.slice('environments:'.length).replaceAll(/^# /gm, '')}`,
    )
    expect(parse(uncommented).environments.production).toBeDefined()
    expect(compile(uncommented).diagnostics).toEqual([])
  })
})
