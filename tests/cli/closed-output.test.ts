/** Nobody reads on (`| true`, `| head -1`): work that matters without a reader goes on, and its exit code is true. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { driverName } from '../../runtime/engines/spark-driver.ts'
import { fakeSpark } from '../fakes/spark.ts'
import { type Ended, ended, pipecPath, temporaryFolder } from '../fixtures/command.ts'
import { recordLocal } from '../fixtures/local.ts'
import { pipelines } from '../fixtures/pipelines.ts'

/** The command into a pipe whose reader does this; the code is the command's own. */
function into(reader: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const script = `"$@" | ${reader}; exit "\${PIPESTATUS[0]}"`
  const command = ['bash', process.execPath, pipecPath, ...words]
  return ended(spawn('bash', ['-c', script, ...command], { cwd, env: { ...process.env, ...env } }))
}

const unread = (words: readonly string[], cwd: string): Promise<Ended> => into('true', words, cwd)

function project(text: string = pipelines.example): string {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'pipeline.yaml'), text)
  return cwd
}

const other = pipelines.example.replace('size: 3s', 'size: 4s')

describe('a command that works without a reader', () => {
  test('build writes all the same, and tells that it is stale', async () => {
    const cwd = project()
    expect(await unread(['build'], cwd)).toMatchObject({ code: 0 })
    expect(readFileSync(join(cwd, 'generated/manifest.json'), 'utf8')).toContain('"transactions"')
    writeFileSync(join(cwd, 'pipeline.yaml'), other)
    const { code, err } = await unread(['build', '--check'], cwd)
    expect(code).toBe(2)
    expect(err).toContain('is stale')
    expect(err).not.toMatch(/EPIPE|bug/)
  })

  test('check tells of errors', async () => {
    const cwd = project(pipelines.example.replace('sum(total_paid)', 'sum(totl_paid)'))
    expect((await unread(['check', '--json'], cwd)).code).toBe(1)
  })

  test('test tells of a fixture that differs, and writes its report', async () => {
    const cwd = project()
    mkdirSync(join(cwd, 'tests'))
    const fixtures = readFileSync('tests/example/payments.yaml', 'utf8')
    writeFileSync(join(cwd, 'tests/first.yaml'), fixtures.replace('total_paid: 30', 'total_paid: 31'))
    expect((await unread(['test', '--json', '--junit', 'report.xml'], cwd)).code).toBe(2)
    expect(existsSync(join(cwd, 'report.xml'))).toBe(true)
  })

  test('destroy removes all that there is, and tells what it could not', async () => {
    const cwd = project()
    const fake = await fakeSpark()
    try {
      recordLocal(cwd, { spark: fake.endpoints.spark })
      const hashes = { hash: 'sha256:ffeeddccbbaa9988', stateHash: 'sha256:00112233445566aa' }
      const name = driverName({ name: 'pipec.transactions', ...hashes })
      const stderr = `Launch Command: "--name" "${name}"\n`
      fake.drivers.push({ id: 'driver-20260101000000-0000', state: 'RUNNING', stderr, stdout: '' })
      fake.next = 'refuse'
      const destroy = ['destroy', '--engine', 'spark', '--yes', '--json']
      const failed = await unread(destroy, cwd)
      expect(failed.err).toContain('Spark refused the submission')
      expect(failed.code).toBe(1)
      expect((await unread(destroy, cwd)).code).toBe(0)
      expect(fake.drivers.map(({ state }) => state)).toEqual(['KILLED', 'FINISHED'])
    } finally {
      await fake.close()
    }
  })

  test.each([[['--version']], [['--help']], [['run', '--help']]])(
    '%s says nothing about it',
    async (words) => {
      expect(await unread(words, temporaryFolder())).toMatchObject({ code: 0, err: '' })
    },
  )
})

describe('a command that works for its reader', () => {
  test('run ends with 0 where the reader has enough, and leaves nothing behind', async () => {
    const cwd = project(pipelines.example.replace('size: 3s', 'size: 1s'))
    const tmp = join(cwd, 'tmp')
    mkdirSync(tmp)
    const words = ['run', '-n', '30000', '--events-per-second', '1', '--seed', '1']
    const { code, out, err } = await into('head -1', words, cwd, { TMPDIR: tmp })
    expect(code).toBe(0)
    expect(out.split('\n')).toHaveLength(2)
    expect(err).not.toMatch(/EPIPE|bug|records read/)
    expect(readdirSync(tmp)).toEqual([])
  })

  test('produce --output - would go on for ever, and ends', async () => {
    const { code, out, err } = await into('head -1', ['produce', '--output', '-'], project())
    expect(code).toBe(0)
    expect(out).toMatch(/^\{"transaction_id".*\}\n$/)
    expect(err).not.toMatch(/EPIPE|bug|written/)
  })
})

test.each([['run', '-n', '1000'], ['produce', '-n', '10', '--output', '-'], ['check'], ['build']])(
  'an output that takes no more because the disk is full is an error: %s',
  async (...words) => {
    const command = ['-c', '"$@" > /dev/full', 'bash', process.execPath, pipecPath, ...words]
    const { code, err } = await ended(spawn('bash', command, { cwd: project() }))
    expect(err).toContain('error: Cannot write standard output: the disk is full.')
    expect(code).toBe(1)
  },
)
