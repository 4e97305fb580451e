import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { destroy } from '../../cli/commands/destroy.ts'
import { driverName } from '../../runtime/engines/spark-driver.ts'
import { type FakeSpark, fakeSpark } from '../fakes/spark.ts'
import { type KeptIo, keptIo } from '../fixtures/io.ts'
import { recordLocal } from '../fixtures/local.ts'
import { pipelines } from '../fixtures/pipelines.ts'

const options = { file: 'pipeline.yaml', environment: 'local', engine: 'spark', yes: true } as const

let fake: FakeSpark
beforeEach(async () => {
  fake = await fakeSpark()
})
afterEach(() => fake.close())

function project(spark = fake.endpoints.spark): KeptIo {
  const io = keptIo()
  writeFileSync(join(io.cwd, 'pipeline.yaml'), pipelines.example)
  recordLocal(io.cwd, { spark })
  return io
}

function runJob(): void {
  const hashes = { hash: 'sha256:ffeeddccbbaa9988', stateHash: 'sha256:00112233445566aa' }
  const stderr = `Launch Command: "--name" "${driverName({ name: 'pipec.transactions', ...hashes })}"\n`
  fake.drivers.push({ id: 'driver-20260101000000-0000', state: 'RUNNING', stderr, stdout: '' })
}

describe('destroy', () => {
  test('removes what there is, and then says that there is nothing', async () => {
    const io = project()
    runJob()
    expect(await destroy({ ...options, json: false }, io)).toBe(0)
    expect(fake.drivers.map(({ state }) => state)).toEqual(['KILLED', 'FINISHED'])
    expect(await destroy({ ...options, json: false }, io)).toBe(0)
    expect(io.said.out).toMatch(/^delete .*: done\nNothing of this pipeline is there\.\n$/)
  })

  test('an engine without an address here may hold a part of the pipeline: that is said', async () => {
    const io = project()
    expect(await destroy({ ...options, engine: 'ksqldb', json: false }, io)).toBe(0)
    expect(io.said.err).toContain('ksqldb is not up here: what it may hold of this pipeline stays.')
  })

  test('an engine that does not answer may hold a part of the pipeline: that is no "nothing is there"', async () => {
    const page = createServer((_, response) => response.end('<html>Sign in</html>'))
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
    const ui = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
    const io = project({ ...fake.endpoints.spark!, ui })
    runJob()
    try {
      await expect(destroy({ ...options, json: false }, io)).rejects.toThrow('not JSON')
      expect(io.said.out).toBe('')
      expect(fake.drivers.map(({ state }) => state)).toEqual(['RUNNING'])
    } finally {
      page.close()
    }
  })
})
