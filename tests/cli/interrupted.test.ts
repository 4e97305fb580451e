/** Signals to the program itself: it stops soon, says how far it came, and ends with 130; the second one ends it at once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { driverName } from '../../runtime/engines/spark-driver.ts'
import { fakeDocker } from '../docker/fake-docker.ts'
import { type FakeSpark, fakeSpark } from '../fakes/spark.ts'
import { ended, pipecPath, start, temporaryFolder } from '../fixtures/command.ts'
import { recordLocal } from '../fixtures/local.ts'
import { pipelines } from '../fixtures/pipelines.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20)
}

describe('destroy', () => {
  let fake: FakeSpark
  beforeEach(async () => {
    fake = await fakeSpark()
    const hashes = { hash: 'sha256:ffeeddccbbaa9988', stateHash: 'sha256:00112233445566aa' }
    const stderr = `Launch Command: "--name" "${driverName({ name: 'pipec.transactions', ...hashes })}"\n`
    fake.drivers.push({ id: 'driver-20260101000000-0000', state: 'RUNNING', stderr, stdout: '' })
  })
  afterEach(() => fake.close())

  function destroy(): ChildProcess {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'pipeline.yaml'), pipelines.example)
    recordLocal(cwd, { spark: fake.endpoints.spark })
    return start(['destroy', '--engine', 'spark', '--yes'], cwd)
  }

  test.each(signals)('by %s in the middle of a step does not wait for its answer', async (signal) => {
    fake.fault = (nth) => (fake.requests[nth - 1]?.includes('/create') ? 'hang' : null)
    const child = destroy()
    const outcome = ended(child)
    await until(() => fake.requests.some((each) => each.includes('/create')))
    const began = Date.now()
    child.kill(signal)
    const { code, err, out } = await outcome
    expect(code).toBe(130)
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(err).toContain(', interrupted\nInterrupted: what was done stays')
    expect(err + out).not.toMatch(/bug| at .*:\d+|: done/)
    fake.fault = () => null
    expect((await ended(destroy())).code).toBe(0)
    expect(fake.drivers.some(({ state }) => state === 'RUNNING')).toBe(false)
  })
})

describe('up', () => {
  test.each(signals)('by %s ends what it had started', async (signal) => {
    const docker = fakeDocker('up-hangs')
    const child = start(['up', '--with', 'docker'], docker.cwd, { env: docker.env })
    const outcome = ended(child)
    await until(() => docker.running().length > 0)
    child.kill(signal)
    const { code, err, out } = await outcome
    expect({ code, out }).toEqual({ code: 130, out: '' })
    expect(err).toContain('Interrupted: what this run had started has been ended again.')
    expect(docker.running()).toEqual([])
  })

  test('by a second one ends at once', async () => {
    const docker = fakeDocker('all-hangs')
    const child = start(['up', '--with', 'docker'], docker.cwd, { env: docker.env })
    const outcome = ended(child)
    await until(() => docker.running().length > 0)
    const calls = docker.calls().length
    child.kill('SIGINT')
    await until(() => docker.calls().length > calls)
    const began = Date.now()
    child.kill('SIGINT')
    expect((await outcome).code).toBe(130)
    expect(Date.now() - began).toBeLessThan(5_000)
  })

  test.each([
    [null, 0],
    ['up-fails', 1],
  ] as const)('whose output nobody reads: %s is %i', async (fault, expected) => {
    const docker = fakeDocker(fault)
    const script = '"$@" | true; exit "${PIPESTATUS[0]}"'
    const words = ['-c', script, 'bash', process.execPath, pipecPath, 'up', '--with', 'docker', '--json']
    const outcome = await ended(
      spawn('bash', words, { cwd: docker.cwd, env: { ...process.env, ...docker.env } }),
    )
    expect(outcome.code, outcome.err).toBe(expected)
    expect(docker.running().length > 0).toBe(expected === 0)
  })
})
