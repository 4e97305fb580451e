/** PIPEC_TEST_WITH=docker: how the engine tests get their containers, as far as no daemon is needed for it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TestProject } from 'vitest/node'
import type { Local } from '../../runtime/local.ts'
import setup from '../engines/setup.ts'
import { required } from '../fixtures/tools.ts'
import { type FakeDocker, type Fault, fakeDocker } from './fake-docker.ts'

let provided: { local?: Local | null; lacking?: readonly string[] } = {}

const project = {
  provide: (name: string, value: unknown) => {
    provided = { ...provided, [name]: value }
  },
  globTestFiles: async () => ({
    testFiles: ['tests/engines/up.test.ts', 'tests/engines/apply.test.ts'],
    typecheckTestFiles: [],
  }),
} as unknown as TestProject

/** A temporary folder of its own, so that nothing of a run beside it is taken for left over. */
function given(fault: Fault | null): FakeDocker {
  const docker = fakeDocker(fault)
  for (const [name, value] of Object.entries(docker.env)) vi.stubEnv(name, value)
  vi.stubEnv('TMPDIR', mkdtempSync(join(tmpdir(), 'pipec-setup-')))
  vi.stubEnv('PIPEC_TEST_WITH', 'docker')
  for (const name of ['PIPEC_ENGINES', 'KSQLDB_URL', 'KSQLDB_BOOTSTRAP_SERVERS']) vi.stubEnv(name, undefined)
  return docker
}

const said: string[] = []

beforeEach(() => {
  provided = {}
  said.length = 0
  for (const name of ['log', 'warn'] as const) {
    vi.spyOn(console, name).mockImplementation((line) => void said.push(String(line)))
  }
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

test('containers of a freshly built generated/ are handed to the tests, and go with their data', async () => {
  const docker = given(null)
  const end = await setup(project)
  const folder = process.env.PIPEC_ENGINES!
  expect(provided.local).toMatchObject({ with: 'docker', ksqldb: null })
  expect(provided.local?.kafka.bootstrapServers).toBe('127.0.0.1:9092')
  expect(process.env.KSQLDB_URL).toBe('http://127.0.0.1:8088')
  expect(said).toContain('The engines of these tests are containers.')
  expect(said).toContain('1 files have tests that need native engines, and are skipped: up.test.ts')
  const file = readFileSync(join(folder, 'generated/compose.yaml'), 'utf8')
  expect(file).toContain('name: pipec-engine-tests\n')
  expect(file).toContain('pip install')
  expect(docker.running()).toHaveLength(10)

  const second = await setup(project)
  expect(second).toBeUndefined()
  expect(provided.local).toMatchObject({ with: 'docker' })

  await end?.()
  expect(docker.running()).toEqual([])
  expect(docker.calls().at(-1)).toMatch(/ down --remove-orphans --volumes$/)
  expect(existsSync(folder)).toBe(false)
})

const lacking = /2 files of engine tests cannot run.*\n- Docker: .*daemon does not answer/

test.skipIf(required)('without a daemon all is skipped, with the reason and how many', async () => {
  given('no-daemon')
  expect(await setup(project)).toBeUndefined()
  expect(provided.local).toBeNull()
  expect(said.join('\n')).toMatch(lacking)
})

test.runIf(required)('without a daemon it is a failure where engines are required', async () => {
  given('no-daemon')
  await expect(setup(project)).rejects.toThrow(lacking)
})

test('containers that do not start fail the run, and nothing is left', async () => {
  const docker = given('up-fails')
  await expect(setup(project)).rejects.toThrow('is unhealthy')
  expect(docker.running()).toEqual([])
})

test('what a killed run has left is ended by the next', async () => {
  const docker = given(null)
  await setup(project)
  const [left] = readdirSync(tmpdir()).filter((name) => name.startsWith('pipec-engine-tests-'))
  // Nobody holds it any more.
  rmSync(join(tmpdir(), left!, 'run'))
  vi.stubEnv('PIPEC_ENGINES', undefined)
  const before = docker.calls().length
  const end = await setup(project)
  const calls = docker.calls().slice(before)
  const [ended, begun] = [' down --remove-orphans --volumes', ' up --detach'].map((words) =>
    calls.findIndex((call) => call.includes(words)),
  )
  expect(ended).toBeGreaterThan(-1)
  expect(begun).toBeGreaterThan(ended!)
  await end?.()
})

test('another word is refused', async () => {
  given(null)
  vi.stubEnv('PIPEC_TEST_WITH', 'podman')
  await expect(setup(project)).rejects.toThrow('PIPEC_TEST_WITH is "podman"; write native or docker')
})
