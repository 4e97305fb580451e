import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  describeProcess,
  endAll,
  isAlive,
  mark,
  marked,
  type ProcessId,
  startOf,
} from '../../runtime/native/processes.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function started(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ProcessId> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  children.push(child)
  await once(child, 'spawn')
  return { pid: child.pid!, started: (await startOf(child.pid!))! }
}

/** A shell that ignores SIGTERM, once it says so. */
async function stubborn(): Promise<ProcessId> {
  const id = await started('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'])
  await once(children.at(-1)!.stdout!, 'data')
  return id
}

describe('a process', () => {
  test('is alive under its pid and start only', async () => {
    const sleeper = await started('sleep', ['60'])
    expect(await isAlive(sleeper)).toBe(true)
    expect(await isAlive({ ...sleeper, started: '1' })).toBe(false)
    expect(await isAlive({ pid: 2 ** 22 + 1, started: '1' })).toBe(false)
  })

  test('that has ended but was not waited for is not alive', async () => {
    // The parent sleeps without ever asking after its child, which stays as a zombie.
    const parent = await started('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'])
    const [line] = (await once(children.at(-1)!.stdout!, 'data')) as [Buffer]
    await sleep(400)
    expect(await startOf(Number(line.toString()))).toBeNull()
    expect(await isAlive(parent)).toBe(true)
  })

  test('whose name has brackets and blanks is understood', async () => {
    const id = await started('bash', ['-c', 'exec -a "x) y (z" sleep 60'])
    expect(await isAlive(id)).toBe(true)
  })

  test('is described by its program, or of Java by its main class', async () => {
    const { pid } = await started('sleep', ['60'])
    expect(await describeProcess(pid)).toBe(`sleep (pid ${pid})`)
    const java = await started('bash', ['-c', 'exec -a java tail -f /dev/null --pid=1 org.example.Main'])
    await sleep(100)
    expect(await describeProcess(java.pid)).toBe(`org.example.Main (pid ${java.pid})`)
  })

  test('of another `up` is described as such', async () => {
    const { pid } = await started('sleep', ['60'], { [mark]: '/elsewhere/.pipec' })
    expect(await describeProcess(pid)).toBe(
      `sleep (pid ${pid}, started by \`pipec up\` for /elsewhere/.pipec)`,
    )
  })
})

describe('ending', () => {
  test('asks first', async () => {
    const sleeper = await started('sleep', ['60'])
    const begun = Date.now()
    await endAll([sleeper], 5_000)
    expect(await isAlive(sleeper)).toBe(false)
    expect(Date.now() - begun).toBeLessThan(2_000)
  })

  test('uses force on what does not listen, and on its group', async () => {
    const shell = await stubborn()
    await endAll([shell], 300)
    expect(await isAlive(shell)).toBe(false)
  })

  test('leaves a process alone that has got the pid of one which is gone', async () => {
    const sleeper = await started('sleep', ['60'])
    await endAll([{ ...sleeper, started: '1' }], 200)
    expect(await isAlive(sleeper)).toBe(true)
  })
})

describe('the mark', () => {
  test('finds children that have left their parent and its group', async () => {
    const folder = `/marked/${process.pid}/.pipec`
    const parent = await started('sh', ['-c', 'setsid sleep 60 & echo $!; exec sleep 60'], { [mark]: folder })
    await once(children.at(-1)!.stdout!, 'data')
    await sleep(100)
    await endAll([parent], 1_000)
    const left = await marked(folder)
    expect(left).toHaveLength(1)
    await endAll(left, 1_000)
    expect(await marked(folder)).toEqual([])
  })

  test('is compared whole', async () => {
    await started('sleep', ['60'], { [mark]: '/a/b/.pipec' })
    expect(await marked('/a/b')).toEqual([])
  })
})
