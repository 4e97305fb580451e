import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { javaVersion, type Needs, requireTools } from '../../runtime/native/requirements.ts'

let bin: string

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'pipec-bin-'))
})

afterEach(() => {
  rmSync(bin, { recursive: true, force: true })
})

function program(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
}

function needs(more: Partial<Needs> = {}): Needs {
  const signal = new AbortController().signal
  return {
    python: true,
    fetched: async () => false,
    reason: 'Kafka, Flink',
    env: { PATH: bin },
    signal,
    ...more,
  }
}

const java = (version: string) => program('java', `echo 'openjdk version "${version}" 2025-04-15' >&2`)

describe('what is missing', () => {
  test('is said in one message', async () => {
    const failure = await requireTools(needs()).catch((error) => error)
    expect(failure.message).toBe('To start Kafka, Flink natively, this machine lacks:')
    expect(failure.detail.split('\n')).toEqual([
      expect.stringMatching(/^- Java 17 or newer .*is not there$/),
      expect.stringMatching(/^- Maven .*is not there$/),
      expect.stringMatching(/^- Python 3.10 or newer .*is not there$/),
    ])
    expect(failure.next).toContain('--with docker')
  })

  test('is said with what was found instead', async () => {
    java('11.0.2')
    program('mvn', 'exit 0')
    program('python3', 'echo 3.8')
    const failure = await requireTools(needs()).catch((error) => error)
    expect(failure.detail).toContain('`java` is Java 11')
    expect(failure.detail).toContain('`python3` is 3.8')
    expect(failure.detail).not.toContain('Maven')
  })

  test('may be the part of Python that Debian ships apart', async () => {
    java('21.0.1')
    program('mvn', 'exit 0')
    program('python3', 'echo 3.12; echo "No module named ensurepip" >&2; exit 1')
    await expect(requireTools(needs())).rejects.toMatchObject({
      detail: expect.stringContaining('has no venv'),
    })
  })
})

test('Maven is not asked for when everything has been fetched, nor Python when nobody runs it', async () => {
  java('17.0.15')
  const tools = await requireTools(needs({ python: false, fetched: async () => true }))
  expect(tools.java).toBe('java')
})

test('the version of Python decides what has been fetched', async () => {
  java('17.0.15')
  program('python3', 'echo 3.11')
  const asked: string[] = []
  const fetched = async (python: string) => asked.push(python) > 0
  expect((await requireTools(needs({ fetched }))).python.version).toBe('3.11')
  expect(asked).toEqual(['3.11'])
})

test('JAVA_HOME wins over the path', async () => {
  const failure = await requireTools(needs({ env: { PATH: bin, JAVA_HOME: '/nowhere' } })).catch(
    (error) => error,
  )
  expect(failure.detail).toContain('`/nowhere/bin/java` is not there')
})

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_392"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['something else', null],
])('%s is Java %s', (text, version) => {
  expect(javaVersion(text)).toBe(version)
})
