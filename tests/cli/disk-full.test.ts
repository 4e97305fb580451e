/** A disk without room: an error that says what to do, exit code 1, and what was there before is as it was. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openReplacement, writeAtomically } from '../../cli/files.ts'
import { type Ended, ended, pipecPath, temporaryFolder } from '../fixtures/command.ts'
import { pipelines } from '../fixtures/pipelines.ts'

/** A disk of its own that only the command and its shell see. */
const namespace = ['-rm', 'sh', '-c']

function canMount(): boolean {
  const folder = temporaryFolder()
  const script = `mount -t tmpfs -o size=64k tmpfs ${folder}`
  try {
    execFileSync('unshare', [...namespace, script], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

interface Left extends Ended {
  /** Every file that is on the disk afterwards, with its text. */
  readonly files: Readonly<Record<string, string>>
}

interface Disk {
  readonly kilobytes: number
  readonly files: Readonly<Record<string, string>>
  /** Whether the command's temporary files go there as well. */
  readonly temporary?: boolean
}

/** The command in a folder with these files, on a disk of so many KiB. */
async function on({ kilobytes, files, temporary = false }: Disk, ...words: string[]): Promise<Left> {
  const [from, disk, to] = [temporaryFolder(), temporaryFolder(), temporaryFolder()]
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(from, path, '..'), { recursive: true })
    writeFileSync(join(from, path), text)
  }
  const script = [
    `mount -t tmpfs -o size=${kilobytes}k tmpfs ${disk} && cp -r ${from}/. ${disk} && cd ${disk} || exit 99`,
    '"$@"',
    `code=$?; cd /; cp -r ${disk}/. ${to}; exit $code`,
  ].join('\n')
  const command = [...namespace, script, 'sh', process.execPath, pipecPath, ...words]
  const env = { ...process.env, NO_COLOR: '1', ...(temporary ? { TMPDIR: disk } : {}) }
  const outcome = await ended(spawn('unshare', command, { env }))
  const paths = execFileSync('find', ['.', '-type', 'f'], { cwd: to, encoding: 'utf8' }).split('\n')
  const left = paths.filter((path) => path !== '').map((path) => path.slice(2))
  return {
    ...outcome,
    files: Object.fromEntries(left.map((path) => [path, readFileSync(join(to, path), 'utf8')])),
  }
}

const pipeline = { 'pipeline.yaml': pipelines.example }

function expectFull({ code, err }: Left, path: string): void {
  expect(err).toContain(`${path}: the disk is full.\nMake room on it`)
  expect(err).not.toContain('bug')
  expect(code).toBe(1)
}

describe.skipIf(!canMount())('on a disk without room', () => {
  test('build keeps the old files, and no part of the new ones', async () => {
    const files = { ...pipeline, 'generated/mine.txt': 'kept', 'generated/flink/job.sql': 'SELECT 1;' }
    const left = await on({ kilobytes: 40, files }, 'build')
    expectFull(left, 'generated')
    expect(left.files).toEqual(files)
  })

  test('run --output keeps the old rows', async () => {
    const files = { ...pipeline, 'rows.ndjson': 'old rows' }
    const words = ['run', '--output', 'rows.ndjson', '-n', '20000', '--events-per-second', '1', '--seed', '1']
    const left = await on({ kilobytes: 64, files }, ...words)
    expectFull(left, 'rows.ndjson')
    expect(left.files).toEqual(files)
  })

  test('run tells that the temporary folder has no room, generated or read from a pipe', async () => {
    const disk = { kilobytes: 64, files: pipeline, temporary: true }
    const generated = await on(disk, 'run', '-n', '20000')
    expect(generated.err).toContain('error: The disk of the temporary folder is full.')
    expect(generated.err).toContain('Set TMPDIR')
    expect(generated.code).toBe(1)
    expect(generated.files).toEqual(pipeline)
    const piped = await on(disk, 'run', '--input', '/dev/zero')
    expect(piped.err).toContain('error: The disk of the temporary folder is full.')
    expect(piped.code).toBe(1)
    expect(piped.files).toEqual(pipeline)
  })

  test('produce --output keeps the old records', async () => {
    const files = { ...pipeline, 'records.ndjson': 'old records' }
    const left = await on({ kilobytes: 64, files }, 'produce', '--output', 'records.ndjson', '-n', '5000')
    expectFull(left, 'records.ndjson')
    expect(left.files).toEqual(files)
  })

  test('test --junit tells what it found nevertheless', async () => {
    const fixtures = readFileSync('tests/example/payments.yaml', 'utf8')
    const filling = 'x'.repeat(60 * 1024)
    const files = { ...pipeline, 'tests/first.yaml': fixtures, 'report.xml': 'old', filling }
    const left = await on({ kilobytes: 72, files }, 'test', '--junit', 'report.xml')
    expect(left.out).toContain('2 passed, 0 failed')
    expectFull(left, 'report.xml')
    expect(left.files).toEqual(files)
  })

  test('up starts nothing', async () => {
    const filling = 'x'.repeat(60 * 1024)
    const left = await on({ kilobytes: 64, files: { ...pipeline, filling } }, 'up', '--with', 'native')
    expectFull(left, 'a file')
    expect(Object.keys(left.files).filter((path) => path.startsWith('.pipec/'))).toEqual([
      '.pipec/.gitignore',
    ])
  })

  test('init leaves nothing that the next one would take for the user’s', async () => {
    const left = await on({ kilobytes: 8, files: {} }, 'init')
    expect(left.err).toContain('the disk is full')
    expect(left.code).toBe(1)
    expect(Object.values(left.files)).not.toContain('')
  })
})

describe('a file that is replaced', () => {
  test('is written through to a device, which stays one', () => {
    writeAtomically('/dev/null', 'text')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(() => writeAtomically('/dev/full', 'text')).toThrow('Cannot write /dev/full: the disk is full.')
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true)
  })

  test('stays behind a link', () => {
    const folder = temporaryFolder()
    const [real, link] = [join(folder, 'real.txt'), join(folder, 'link.txt')]
    writeFileSync(real, 'old')
    symlinkSync(real, link)
    const file = openReplacement(link)
    file.write('new')
    expect(readFileSync(real, 'utf8')).toBe('old')
    file.keep()
    expect(readFileSync(real, 'utf8')).toBe('new')
    expect(readFileSync(link, 'utf8')).toBe('new')
  })
})
