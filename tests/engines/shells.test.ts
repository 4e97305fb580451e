/** The engines' own shells, as `up` writes them and people type them: each is what it says, and talks to the engines that are up. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { needs, titled } from './needs.ts'

const bin = join(inject('enginesFolder') ?? '', '.pipec', 'bin')
const cwd = mkdtempSync(join(tmpdir(), 'pipec-shell-'))

interface Said {
  readonly code: number
  readonly said: string
}

/** With what is typed into it. */
function type(name: string, words: readonly string[], input = ''): Promise<Said> {
  return new Promise((done) => {
    // Python greets, and makes the session, only where it takes its input for a person's.
    const env = { ...process.env, PYSPARK_DRIVER_PYTHON_OPTS: '-i' }
    const child = execFile(join(bin, name), words, { cwd, env }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code), said: out + err }),
    )
    child.stdin?.end(input)
  })
}

describe.skipIf(needs.native !== null)(titled('shells', needs.native), () => {
  afterAll(() => rmSync(cwd, { recursive: true, force: true }))

  test('of Kafka: a record in, and out again', async () => {
    const topic = `shell_${randomBytes(4).toString('hex')}`
    try {
      expect(await type('kafka-topics', ['--create', '--topic', topic])).toMatchObject({ code: 0 })
      expect((await type('kafka-topics', ['--list'])).said).toContain(topic)
      expect(await type('kafka-console-producer', ['--topic', topic], 'hello\n')).toMatchObject({ code: 0 })
      expect((await type('kafka-get-offsets', ['--topic', topic])).said).toContain(`${topic}:0:1`)
      const read = ['--topic', topic, '--from-beginning', '--max-messages', '1', '--group', topic]
      expect((await type('kafka-console-consumer', read)).said).toMatch(/^hello$/m)
      expect((await type('kafka-consumer-groups', ['--list'])).said).toContain(topic)
    } finally {
      await type('kafka-topics', ['--delete', '--topic', topic])
    }
  })

  test('of Flink: the gateway answers it', async () => {
    const file = join(cwd, 'catalogs.sql')
    writeFileSync(file, 'SHOW CATALOGS;\n')
    const { code, said } = await type('flink-sql', ['-f', file])
    expect(said).toContain('default_catalog')
    expect(code).toBe(0)
  })

  test('of Spark: it computes on the cluster, and leaves nothing behind', async () => {
    const { code, said } = await type(
      'pyspark',
      [],
      'print("sum", spark.range(10).groupBy().sum().first()[0])\n',
    )
    expect(said).toContain('sum 45')
    expect(code).toBe(0)
    expect(await type('spark-submit', ['--version'])).toMatchObject({ code: 0 })
    expect(readdirSync(cwd)).not.toContain('metastore_db')
    expect(readdirSync(cwd)).not.toContain('derby.log')
  })
})
