import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BuildOptions, build } from '../../cli/commands/build.ts'
import { ended, pipec, start, temporaryFolder } from '../fixtures/command.ts'
import { keptIo } from '../fixtures/io.ts'
import { pipelines } from '../fixtures/pipelines.ts'

const asIs: BuildOptions = {
  file: 'pipeline.yaml',
  output: null,
  check: false,
  watch: false,
  engine: null,
  json: false,
}
const other = pipelines.example.replace('size: 3s', 'size: 4s')

function project(text: string = pipelines.example): string {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'pipeline.yaml'), text)
  return cwd
}

/** Path to text of every file, so that two trees can be compared. */
function treeOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort()
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]))
}

describe('pipec build', () => {
  test('writes what the pipeline becomes, and then has nothing to do', async () => {
    const cwd = project()
    const first = await pipec(['build'], cwd)
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toContain('+ generated/flink/job.sql\n')
    expect(first.err).toMatch(/^\d+ of \d+ files changed in generated\/\.\n$/)
    const second = await pipec(['build'], cwd)
    expect(second).toMatchObject({ code: 0, out: '' })
    expect(second.err).toMatch(/^generated\/ is up to date \(\d+ files\)\.\n$/)
    expect(readdirSync(cwd).sort()).toEqual(['generated', 'pipeline.yaml'])
  })

  test('says with --check that nothing is stale, and what is, and writes nothing', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    expect(await pipec(['build', '--check'], cwd)).toMatchObject({ code: 0, out: '' })
    const before = treeOf(join(cwd, 'generated'))
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    const stale = await pipec(['build', '--check'], cwd)
    expect(stale.code).toBe(2)
    expect(stale.out).toContain('--- a/generated/flink/job.sql\n+++ b/generated/flink/job.sql\n@@ ')
    expect(stale.out).toMatch(/^-.*'3' SECOND/m)
    expect(stale.out).toMatch(/^\+.*'4' SECOND/m)
    expect(stale.err).toContain('generated/ is stale')
    expect(treeOf(join(cwd, 'generated'))).toEqual(before)
  })

  test('gives a diff that patch understands', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    const { out } = await pipec(['build', '--check'], cwd)
    execFileSync('git', ['apply', '-'], { cwd, input: out })
    expect(await pipec(['build', '--check'], cwd)).toMatchObject({ code: 0 })
  })

  test('shows absent and left-over files as created and deleted in the diff', async () => {
    const cwd = project()
    const absent = await pipec(['build', '--check'], cwd)
    expect(absent.code).toBe(2)
    expect(absent.out).toContain('--- /dev/null\n+++ b/generated/manifest.json\n')
    await pipec(['build'], cwd)
    writeFileSync(
      join(cwd, 'pipeline.yaml'),
      pipelines.example.replace(/^ {2}spark:.*\n/m, '').replace(', spark', ''),
    )
    const less = await pipec(['build', '--check'], cwd)
    expect(less.out).toContain('--- a/generated/spark/job.py\n+++ /dev/null\n')
    execFileSync('git', ['apply', '-'], { cwd, input: less.out })
    expect(await pipec(['build', '--check'], cwd)).toMatchObject({ code: 0 })
  })

  test('answers programs with --json', async () => {
    const cwd = project()
    const built = JSON.parse((await pipec(['build', '--json'], cwd)).out)
    expect(built).toMatchObject({ folder: 'generated', stale: true })
    expect(built.files).toContainEqual({ path: 'manifest.json', status: 'created' })
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    const checked = await pipec(['build', '--check', '--json'], cwd)
    expect(checked.code).toBe(2)
    expect(JSON.parse(checked.out).files).toContainEqual({ path: 'flink/job.sql', status: 'updated' })
  })

  test('writes nothing when the pipeline has errors', async () => {
    const cwd = project(pipelines.example.replace('sum(total_paid)', 'sum(totl_paid)'))
    const built = await pipec(['build'], cwd)
    expect(built).toMatchObject({ code: 1, out: '' })
    expect(built.err).toContain('pipeline.yaml:26:19 error unknown-field')
    expect(built.err).toContain('^^^^^^^^^ did you mean "total_paid"?')
    expect(readdirSync(cwd)).toEqual(['pipeline.yaml'])
  })

  test('names the file that is missing and what to do', async () => {
    const { code, err } = await pipec(['build', 'no/such.yaml'], temporaryFolder())
    expect(code).toBe(1)
    expect(err).toMatch(/^error: Cannot read .*no\/such\.yaml: there is no such file\.\n`pipec init` writes/)
  })

  test('writes beside the pipeline, wherever it is started, or where --output says', async () => {
    const cwd = project()
    const elsewhere = temporaryFolder()
    await pipec(['build', join(cwd, 'pipeline.yaml')], elsewhere)
    expect(readdirSync(elsewhere)).toEqual([])
    await pipec(['build', join(cwd, 'pipeline.yaml'), '--output', 'deep/out'], elsewhere)
    expect(treeOf(join(elsewhere, 'deep/out'))).toEqual(treeOf(join(cwd, 'generated')))
    expect(readdirSync(join(elsewhere, 'deep'))).toEqual(['out'])
  })

  test.each(['.', '..', '/'])('will not replace %s, which holds the pipeline', async (output) => {
    const cwd = join(project(), 'inner')
    mkdirSync(cwd)
    writeFileSync(join(cwd, 'pipeline.yaml'), pipelines.example)
    const { code, err } = await pipec(['build', '-o', output], cwd)
    expect(code).toBe(1)
    expect(err).toContain('holds the pipeline itself')
    expect(readdirSync(cwd)).toEqual(['pipeline.yaml'])
  })

  test('is not coloured in a pipe, and on demand is, but never under NO_COLOR', async () => {
    const cwd = project()
    expect((await pipec(['build', '--check'], cwd)).out).not.toContain('\u001b')
    const colourful = await pipec(['build', '--check'], cwd, { env: { FORCE_COLOR: '1' } })
    expect(colourful.out).toContain('\u001b[32m')
    const plain = await pipec(['build', '--check'], cwd, { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
    expect(plain.out).not.toContain('\u001b')
  })

  test('ends well when nobody reads on', async () => {
    const cwd = project()
    const child = start(['build', '--check'], cwd)
    child.stdout?.destroy()
    const { signal, err } = await ended(child)
    expect(signal).toBe(null)
    expect(err).not.toMatch(/EPIPE|bug|at /)
  })
})

describe('the files of others', () => {
  test('stay: files, links, empty folders and bytes that are no text', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    const generated = join(cwd, 'generated')
    writeFileSync(join(generated, 'notes.md'), 'mine')
    writeFileSync(join(generated, 'flink/picture.png'), Uint8Array.from([0xff, 0x00, 0xfe]))
    mkdirSync(join(generated, 'empty/deeper'), { recursive: true })
    symlinkSync('../pipeline.yaml', join(generated, 'link.yaml'))
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    for (const words of [['build'], ['build', '--engine', 'flink']]) {
      expect(await pipec(words, cwd)).toMatchObject({ code: 0 })
      expect(readFileSync(join(generated, 'notes.md'), 'utf8')).toBe('mine')
      expect([...readFileSync(join(generated, 'flink/picture.png'))]).toEqual([0xff, 0x00, 0xfe])
      expect(existsSync(join(generated, 'empty/deeper'))).toBe(true)
      expect(lstatSync(join(generated, 'link.yaml')).isSymbolicLink()).toBe(true)
      writeFileSync(join(cwd, 'pipeline.yaml'), pipelines.example)
    }
  })

  test('only what pipec wrote is removed, and not what was edited since', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    const generated = join(cwd, 'generated')
    appendFileSync(join(generated, 'spark/job.py'), '# my own line\n')
    const without = pipelines.example
      .replace(/^ {2}(spark|ksqldb):.*\n/gm, '')
      .replace(/\[flink.*\]/, '[flink]')
    writeFileSync(join(cwd, 'pipeline.yaml'), without)
    const built = await pipec(['build'], cwd)
    expect(built.out).toContain('- generated/ksqldb/statements.sql\n')
    expect(built.err).toContain(
      'spark/job.py is no longer wanted, but was edited since pipec wrote it; it stays.',
    )
    expect(existsSync(join(generated, 'ksqldb'))).toBe(false)
    expect(readFileSync(join(generated, 'spark/job.py'), 'utf8')).toContain('# my own line')
    expect((await pipec(['build'], cwd)).err).toMatch(/^generated\/ is up to date/)
  })

  test('a wanted file that was edited is written anew', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    const before = treeOf(join(cwd, 'generated'))
    appendFileSync(join(cwd, 'generated/flink/job.sql'), '-- edited\n')
    expect((await pipec(['build', '--check'], cwd)).out).toContain('--- edited')
    await pipec(['build'], cwd)
    expect(treeOf(join(cwd, 'generated'))).toEqual(before)
  })

  test('a broken manifest is no licence to remove anything', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    writeFileSync(join(cwd, 'generated/manifest.json'), '{"files": 5')
    writeFileSync(join(cwd, 'pipeline.yaml'), pipelines.session)
    expect(await pipec(['build'], cwd)).toMatchObject({ code: 0 })
    expect(existsSync(join(cwd, 'generated/spark/job.py'))).toBe(true)
  })

  test('--engine leaves the files of other engines as they lie there', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    const before = treeOf(join(cwd, 'generated'))
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    const built = await pipec(['build', '--engine', 'flink'], cwd)
    expect(built.out).toBe('~ generated/flink/job.sql\n')
    const after = treeOf(join(cwd, 'generated'))
    expect(after['flink/job.sql']).not.toBe(before['flink/job.sql'])
    expect({ ...after, 'flink/job.sql': '' }).toEqual({ ...before, 'flink/job.sql': '' })
    expect((await pipec(['build', '--check'], cwd)).code).toBe(2)
  })
})

describe('disks that will not', () => {
  test('a file in place of the folder is left alone', async () => {
    const cwd = project()
    writeFileSync(join(cwd, 'generated'), 'a file of mine')
    const { code, err } = await pipec(['build'], cwd)
    expect(code).toBe(1)
    expect(err).toMatch(/^error: Cannot read .*generated: part of its path is a file\.\n$/)
    expect(readFileSync(join(cwd, 'generated'), 'utf8')).toBe('a file of mine')
  })

  test.each([
    ['below a file', 'pipeline.yaml/generated'],
    ['where nobody may write', '/sys/pipec/generated'],
  ])('%s there is no folder', async (_, output) => {
    const { code, err, out } = await pipec(['build', '--output', output], project())
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^error: Cannot (read|write) .*\.\n$/)
  })

  test('a folder behind a link stays where it is', async () => {
    const cwd = project()
    const target = join(temporaryFolder(), 'real')
    mkdirSync(target)
    symlinkSync(target, join(cwd, 'generated'))
    await pipec(['build'], cwd)
    expect(lstatSync(join(cwd, 'generated')).isSymbolicLink()).toBe(true)
    expect(existsSync(join(target, 'manifest.json'))).toBe(true)
  })
})

describe('interrupted', () => {
  test('build leaves the old files or the new ones, never a mix', { timeout: 120_000 }, async () => {
    const [old, young] = [project(), project(other)]
    for (const cwd of [old, young]) await pipec(['build'], cwd)
    const trees = [treeOf(join(old, 'generated')), treeOf(join(young, 'generated'))]
    const cwd = project()
    const generated = join(cwd, 'generated')
    const started = Date.now()
    await pipec(['build'], cwd)
    const whole = Date.now() - started
    for (let round = 0; round < 25; round++) {
      writeFileSync(join(cwd, 'pipeline.yaml'), round % 2 === 0 ? other : pipelines.example)
      const child = start(['build'], cwd)
      const end = ended(child)
      await new Promise((done) => setTimeout(done, whole * (0.3 + (0.8 * round) / 25)))
      child.kill('SIGKILL')
      await end
      await build({ ...asIs, check: true }, keptIo({ cwd }))
      expect(trees).toContainEqual(treeOf(generated))
    }
    await pipec(['build'], cwd)
    expect(readdirSync(cwd).sort()).toEqual(['generated', 'pipeline.yaml'])
  })

  test('between its two renames, the next command puts the old folder back', async () => {
    const cwd = project()
    await pipec(['build'], cwd)
    const before = treeOf(join(cwd, 'generated'))
    cpSync(join(cwd, 'generated'), join(cwd, '.generated.old'), { recursive: true })
    cpSync(join(cwd, 'generated'), join(cwd, '.generated.new-999999999-x'), { recursive: true })
    rmSync(join(cwd, 'generated'), { recursive: true })
    expect(await pipec(['build', '--check'], cwd)).toMatchObject({ code: 0 })
    expect(treeOf(join(cwd, 'generated'))).toEqual(before)
    expect(readdirSync(cwd).sort()).toEqual(['generated', 'pipeline.yaml'])
  })
})

test('--watch builds again after each change and says what is wrong, until it is stopped', {
  timeout: 60_000,
}, async () => {
  const cwd = project()
  const child = start(['build', '--watch'], cwd)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      said += data
    })
  const until = async (words: string): Promise<void> => {
    for (let waited = 0; !said.includes(words) && waited < 20_000; waited += 50)
      await new Promise((done) => setTimeout(done, 50))
    expect(said).toContain(words)
    said = ''
  }
  const end = ended(child)
  await until('Watching pipeline.yaml; stop with Ctrl-C.')
  writeFileSync(join(cwd, 'pipeline.yaml'), other)
  await until('~ generated/flink/job.sql')
  writeFileSync(join(cwd, 'pipeline.yaml'), 'name: [')
  await until('error yaml-syntax')
  rmSync(join(cwd, 'pipeline.yaml'))
  await until('there is no such file')
  writeFileSync(join(cwd, 'pipeline.yaml'), pipelines.example)
  await until('~ generated/flink/job.sql')
  child.kill('SIGINT')
  expect((await end).code).toBe(130)
})
