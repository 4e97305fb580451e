import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { SparkJobResource } from '../../../compiler/manifest.ts'
import type { Context } from '../../../runtime/engines/engine.ts'
import { spark } from '../../../runtime/engines/spark.ts'
import {
  driverName,
  lastReport,
  parseDriverName,
  parseLaunch,
} from '../../../runtime/engines/spark-driver.ts'
import { engineWords } from '../../../runtime/engines/spark-failure.ts'
import type { Failure } from '../../../runtime/failure.ts'
import { silent } from '../../../runtime/progress.ts'
import { type FakeSpark, fakeSpark, ready } from '../../fakes/spark.ts'

const job: SparkJobResource = {
  kind: 'spark-job',
  address: 'spark.job.pipec.tokens',
  name: 'pipec.tokens',
  file: 'spark/job.py',
  stateHash: 'sha256:00112233445566aa',
  hash: 'sha256:ffeeddccbbaa9988',
  sourceTopic: 'in',
  resultTopics: ['out'],
  stateful: false,
  line: 3,
}
const changed = { ...job, hash: 'sha256:1111111111111111' }
const otherQuery = { ...changed, stateHash: 'sha256:2222222222222222' }

let fake: FakeSpark
beforeEach(async () => {
  fake = await fakeSpark()
})
afterEach(() => fake.close())

function context(): Context {
  return {
    pipeline: 'tokens',
    endpoints: fake.endpoints,
    read: () => "print('ü')\n",
    signal: new AbortController().signal,
    now: () => Date.now(),
  }
}

/** A world in which the checkpoints are this machine's own files. */
function onThisMachine() {
  const checkpoints = mkdtempSync(join(tmpdir(), 'pipec-checkpoints-'))
  onTestFinished(() => rmSync(checkpoints, { recursive: true }))
  const { spark: endpoint } = fake.endpoints
  const files = { ...endpoint!.files!, checkpoints }
  const endpoints = { ...fake.endpoints, spark: { ...endpoint!, files, here: true } }
  return { checkpoints, here: { ...context(), endpoints } }
}

async function converge(desired: SparkJobResource | null, world = context()) {
  const [actual = null] = await spark.observe(desired === null ? [] : [desired], world)
  if (desired === null && actual === null) return null
  const change = spark.compare(desired, actual)
  await spark.apply(change, world, silent.start('', null))
  return change.action
}

function states(): readonly string[] {
  return fake.drivers.map(({ state }) => state)
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error as Failure,
  )
}

describe('one job, however often it is applied', () => {
  test('created once, then unchanged', async () => {
    expect([await converge(job), await converge(job), await converge(job)]).toEqual([
      'create',
      'unchanged',
      'unchanged',
    ])
    expect(states()).toEqual(['RUNNING'])
  })

  test('another script with the same state restarts, another query starts anew', async () => {
    await converge(job)
    expect(await converge(changed)).toBe('update')
    expect(states()).toEqual(['KILLED', 'RUNNING'])
    expect(await converge(otherQuery)).toBe('replace')
    expect(states()).toEqual(['KILLED', 'KILLED', 'FINISHED', 'RUNNING'])
    const folders = fake.submissions.map((each) => each.environmentVariables.PIPEC_CHECKPOINT)
    expect(folders).toEqual([
      '/checkpoints/pipec.tokens/00112233445566aa',
      '/checkpoints/pipec.tokens/00112233445566aa',
      undefined,
      '/checkpoints/pipec.tokens/2222222222222222',
    ])
    expect(fake.submissions[2]?.environmentVariables).toEqual({
      PIPEC_CHECKPOINTS: '/checkpoints/pipec.tokens',
    })
  })

  test('removed with its checkpoints, and then it is gone', async () => {
    await converge(job)
    expect(await converge(null)).toBe('delete')
    expect(await converge(null)).toBeNull()
    expect(states()).toEqual(['KILLED', 'FINISHED'])
  })

  test('removed without a driver where the checkpoints are files of this machine', async () => {
    const { checkpoints, here } = onThisMachine()
    await converge(job, here)
    mkdirSync(join(checkpoints, 'pipec.tokens', '00112233445566aa'), { recursive: true })
    expect(await converge(null, here)).toBe('delete')
    expect(states()).toEqual(['KILLED'])
    expect(readdirSync(checkpoints)).toEqual([])
    expect(await converge(null, here)).toBeNull()
    expect(await converge(job, here)).toBe('create')
  })

  describe('whose master was restarted, where the checkpoints are files of this machine', () => {
    const forget = () => void fake.drivers.splice(0)

    test('goes on from them, and is removed with them', async () => {
      const { checkpoints, here } = onThisMachine()
      const state = join(checkpoints, 'pipec.tokens', '00112233445566aa')
      mkdirSync(state, { recursive: true })
      const [actual = null] = await spark.observe([job], here)
      expect(spark.compare(job, actual)).toMatchObject({
        action: 'update',
        reason: 'It was ended (its master has forgotten it).',
        fields: [],
        state: 'goes on from its checkpoint',
      })
      expect(await converge(job, here)).toBe('update')
      expect(existsSync(state)).toBe(true)
      expect(await converge(job, here)).toBe('unchanged')
      forget()
      expect(await converge(null, here)).toBe('delete')
      expect(readdirSync(checkpoints)).toEqual([])
      expect(await converge(null, here)).toBeNull()
    })

    test('leaves nothing that another query could go back to', async () => {
      const { checkpoints, here } = onThisMachine()
      const state = join(checkpoints, 'pipec.tokens', '00112233445566aa')
      mkdirSync(state, { recursive: true })
      expect(await converge(otherQuery, here)).toBe('create')
      expect(existsSync(state)).toBe(false)
      forget()
      expect(await converge(job, here)).toBe('create')
    })
  })

  test('a job that failed is removed by a driver all the same, and then it is gone', async () => {
    const { here } = onThisMachine()
    await converge(job, here)
    fake.drivers[0]!.state = 'FAILED'
    expect(await spark.observe([], here)).toMatchObject([{ status: 'failed' }])
    expect(await converge(null, here)).toBe('delete')
    expect(states()).toEqual(['FAILED', 'FINISHED'])
    expect(await converge(null, here)).toBeNull()
  })

  test('killed between the end of the job and the removal, the next removal goes on', async () => {
    await converge(job)
    fake.drivers[0]!.state = 'KILLED'
    expect(await spark.observe([], context())).toMatchObject([{ status: 'stopped' }])
    expect(await converge(null)).toBe('delete')
    expect(await converge(null)).toBeNull()
  })

  test('an answer that is lost is found out and not repeated', async () => {
    fake.next = 'lose'
    expect(await converge(job)).toBe('create')
    expect(states()).toEqual(['RUNNING'])
    expect(await converge(job)).toBe('unchanged')
  })

  test('of two that were submitted at once the oldest stays', async () => {
    await Promise.all([converge(job), converge(job)])
    expect(states().filter((state) => state === 'RUNNING')).toHaveLength(1)
    expect(await converge(job)).toBe('unchanged')
  })

  test("another pipeline's job is left alone", async () => {
    await converge(job)
    fake.drivers.push({
      id: 'driver-20270101000000-0000',
      state: 'RUNNING',
      stderr: `Launch Command: "--name" "${driverName({ ...job, name: 'pipec.others' })}"\n`,
      stdout: '',
    })
    expect(await converge(null)).toBe('delete')
    expect(fake.drivers[1]?.state).toBe('RUNNING')
  })
})

describe('what goes wrong is told', () => {
  test('a script that fails, in its own words, and the next apply restarts it', async () => {
    fake.outcome = {
      state: 'FAILED',
      stdout: `Traceback (most recent call last):\n  File "job.py"\nValueError: no such thing\n`,
    }
    expect(await failureOf(converge(job))).toMatchObject({ detail: 'ValueError: no such thing' })
    expect(await spark.observe([], context())).toMatchObject([
      { status: 'failed', summary: 'ValueError: no such thing' },
    ])
    fake.outcome = { state: 'RUNNING', stdout: ready }
    expect(await converge(job)).toBe('update')
  })

  test('a log that says ready is not believed when its driver has ended meanwhile', async () => {
    fake.outcome = { state: 'RUNNING', stdout: '' }
    let logs = 0
    fake.fault = (nth) => {
      const [driver] = fake.drivers
      if (driver === undefined || fake.requests[nth - 1] !== 'GET /log/') return null
      logs++
      if (logs === 3) Object.assign(driver, { state: 'FAILED', stdout: ready })
      return null
    }
    const failure = await failureOf(converge(job))
    expect(failure.message).toContain('ended as FAILED')
    expect(logs).toBeGreaterThan(3)
  })

  test('how far it has come, once it says so', async () => {
    await converge(job)
    expect(await spark.observe([], context())).toMatchObject([
      {
        summary: expect.stringMatching(/batch 3, 1,200 records behind$/),
        position: { behind: 1200, closedUpTo: null },
      },
    ])
    fake.outcome = {
      state: 'RUNNING',
      stdout: ready.replace('1200', '0').replace('null', '"2026-01-01T00:00:03.000Z"'),
    }
    await converge(null)
    await converge(job)
    expect(await spark.observe([], context())).toMatchObject([
      {
        summary: expect.stringMatching(/0 records behind, windows closed up to 2026-01-01T00:00:03.000Z$/),
        position: { behind: 0, closedUpTo: Date.parse('2026-01-01T00:00:03Z') },
      },
    ])
  })

  test('a refusal, by its first line', async () => {
    fake.next = 'refuse'
    expect(await failureOf(converge(job))).toMatchObject({ detail: 'No memory.' })
  })

  test('a login page in the place of Spark', async () => {
    fake.next = 'html'
    expect((await failureOf(converge(job))).message).toContain('not JSON')
  })

  test('a login page in the place of a worker: the job that runs is not started again', async () => {
    await converge(job)
    fake.page = '<html>Sign in</html>'
    expect((await failureOf(converge(job))).message).toContain('not as a worker of Spark')
    fake.page = null
    expect(await converge(job)).toBe('unchanged')
    expect(states()).toEqual(['RUNNING'])
  })

  test('a driver whose worker has no log of it yet may be the job: nothing is started beside it', async () => {
    await converge(job)
    fake.page =
      '==== Bytes 0-0 of 0 of /opt/spark/work/stderr ====\nError: invalid log directory /opt/spark/work/'
    let time = 0
    const hurried = { ...context(), now: () => (time += 10_000) }
    const work = spark.apply(spark.compare(job, null), hurried, silent.start('', null))
    expect((await failureOf(work)).message).toContain('nobody can tell whose it is')
    fake.page = null
    expect(await converge(job)).toBe('unchanged')
    expect(states()).toEqual(['RUNNING'])
  })

  test('a job that another apply started meanwhile is kept', async () => {
    const planned = spark.compare(job, null)
    await converge(job)
    await spark.apply(planned, context(), silent.start('', null))
    expect(states()).toEqual(['RUNNING'])
  })

  test('no folder for checkpoints', async () => {
    const { spark: endpoint, ...others } = fake.endpoints
    const endpoints = { ...others, spark: { ...endpoint!, files: null } }
    const change = spark.compare(job, null)
    const failure = await failureOf(spark.apply(change, { ...context(), endpoints }, silent.start('', null)))
    expect(failure.message).toContain('checkpoints')
  })
})

test('a password travels in the environment and nowhere else', async () => {
  await fake.close()
  const folder = mkdtempSync(join(tmpdir(), 'pipec-spark-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, 'certificates of the authority\n')
  const security = {
    protocol: 'SASL_SSL',
    mechanism: 'SCRAM-SHA-512',
    username: 'me',
    password: 'p"w\\ü',
    ca,
  } as const
  fake = await fakeSpark(security)
  await converge(job)
  const { environmentVariables, ...rest } = fake.submissions[0]!
  const { PIPEC_KAFKA_OPTIONS: options = '', ...others } = environmentVariables
  expect(JSON.parse(options)).toEqual({
    'kafka.security.protocol': 'SASL_SSL',
    'kafka.sasl.mechanism': 'SCRAM-SHA-512',
    'kafka.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required username="me" password="p\\"w\\\\ü";',
    'kafka.ssl.truststore.type': 'PEM',
    'kafka.ssl.truststore.certificates': 'certificates of the authority\n',
  })
  expect(options).toMatch(/^[ -~]+$/)
  expect(JSON.stringify([rest, others])).not.toContain('p\\"w')
  expect(others.KAFKA_BOOTSTRAP_SERVERS).toBe('inside:29092')
  expect(Buffer.from(others.PIPEC_SCRIPT ?? '', 'base64').toString('utf8')).toBe("print('ü')\n")

  // Linux would not start the driver, and nobody would say why.
  writeFileSync(ca, 'x'.repeat(131_072))
  const failure = await failureOf(converge(changed))
  expect(failure.message).toContain("The certificates of Kafka's authority are too long for Spark")
  expect(states()).toEqual(['RUNNING'])
})

test('a job that is held is told what for, and its time counts from the end of that', async () => {
  const clock = { now: 0, looks: 0 }
  const hold = { topic: 'rows', over: false }
  const step = { ...silent.start('', null), update: () => void clock.looks++ }
  fake.outcome = { state: 'RUNNING', stdout: '' }
  const world = { ...context(), hold, now: () => clock.now }
  const failure = failureOf(spark.apply(spark.compare(job, null), world, step))
  const looksOn = async (): Promise<void> => {
    const before = clock.looks
    await expect.poll(() => clock.looks, { timeout: 5_000 }).toBeGreaterThan(before + 1)
  }
  await looksOn()
  clock.now += 3_600_000
  await looksOn()
  expect(fake.submissions[0]?.environmentVariables.PIPEC_HOLD).toBe('rows')
  hold.over = true
  clock.now += 599_000
  await looksOn()
  clock.now += 2_000
  expect((await failure).message).toContain('has done no batch yet after 10 minutes')
})

test('a launch command tells who a driver is', () => {
  expect(parseDriverName(driverName(job))).toEqual({
    name: job.name,
    hash: job.hash,
    stateHash: job.stateHash,
  })
  const redacted = `Launch Command: "java" "-Dspark.app.name=*********(redacted)" "--name" "${driverName(job)}" "-c" ""\n====`
  expect(parseLaunch(redacted)).toMatchObject({ kind: 'job', identity: { name: 'pipec.tokens' } })
  expect(parseLaunch('Launch Command: "java" "--name" "pipec.tokens#removal"\n')).toEqual({
    kind: 'removal',
    name: 'pipec.tokens',
  })
  expect(parseLaunch('Launch Command: "java" "--name" "somebody else"\n')).toBeNull()
  expect(parseLaunch('')).toBeNull()
})

test('the last report counts, and one that is cut off does not', () => {
  const stdout = 'noise\npipec: {"ready": false}\npipec: {"ready": true}\npipec: {"rea'
  expect(lastReport(stdout)).toEqual({ ready: true })
  expect(lastReport('nothing')).toBeNull()
})

test('of a streaming error only what it says is kept', () => {
  const stdout = [
    'Traceback (most recent call last):',
    '  File "job.py", line 80, in <module>',
    'pyspark.errors.exceptions.captured.StreamingQueryException: [STREAM_FAILED] Query terminated with exception: gone',
    '=== Streaming Query ===',
    'Identifier: [id = 1]',
    'pipec: {"ready": true}',
  ].join('\n')
  expect(engineWords(stdout)).toBe(
    'pyspark.errors.exceptions.captured.StreamingQueryException: [STREAM_FAILED] Query terminated with exception: gone',
  )
  expect(engineWords('no exception\nat all')).toBe('no exception\nat all')
})
