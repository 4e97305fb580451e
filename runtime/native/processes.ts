/** Processes by pid and the moment they started, because a pid alone may by now be somebody else's. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface ProcessId {
  readonly pid: number
  /** The system's own mark of its start (clock ticks since boot on Linux), compared as text. */
  readonly started: string
}

/** The variable that every process of `up`, and so each of their children, carries; its value is the `.pipec` folder. */
export const mark = 'PIPEC_LOCAL'

/** The mark of a process's start, or null when there is no such process (or only its unreaped remains). */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return startByPs(pid)
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  // The name stands in brackets and may itself hold blanks and brackets, so count fields after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? null : (fields[19] ?? null)
}

async function startByPs(pid: number): Promise<string | null> {
  const answer = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null)
  return answer?.stdout.trim() || null
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  return (await startOf(id.pid)) === id.started
}

/** Sends a signal to a process and to the group that it leads; nothing happens when it has gone. */
export async function signalProcess(id: ProcessId, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!(await isAlive(id))) return
  for (const target of signal === 'SIGKILL' ? [-id.pid, id.pid] : [id.pid]) {
    try {
      process.kill(target, signal)
    } catch {
      // No group of its own, or gone between the look and the signal.
    }
  }
}

/** Asks them to end, then ends them by force after `patience` milliseconds. Resolves once all have gone. */
export async function endAll(ids: readonly ProcessId[], patience: number): Promise<void> {
  await Promise.all(ids.map((id) => signalProcess(id, 'SIGTERM')))
  if (await gone(ids, patience)) return
  await Promise.all(ids.map((id) => signalProcess(id, 'SIGKILL')))
  await gone(ids, 10_000)
}

async function gone(ids: readonly ProcessId[], patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; ; await sleep(50)) {
    const alive = await Promise.all(ids.map(isAlive))
    if (!alive.includes(true)) return true
    if (Date.now() > deadline) return false
  }
}

/**
 * Every process that carries the mark of this folder: those that `up` started and whatever they started in turn, a
 * Spark executor's Python daemon, say, which leaves its parent's group. Empty where the system does not show it.
 */
export async function marked(folder: string): Promise<readonly ProcessId[]> {
  const pids = (await readdir('/proc').catch(() => []))
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
  const found = await Promise.all(pids.map((pid) => markedProcess(pid, `${mark}=${folder}`)))
  return found.filter((id) => id !== null)
}

async function markedProcess(pid: number, entry: string): Promise<ProcessId | null> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  if (!environment.split('\0').includes(entry)) return null
  const started = await startOf(pid)
  return started === null ? null : { pid, started }
}

/** What a message calls a process: its program, or of a Java process the main class. */
export async function describeProcess(pid: number): Promise<string> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').filter(Boolean)
  const program = words[0]?.split('/').at(-1) ?? 'a process'
  const mainClass =
    program === 'java' ? words.find((word) => /^[a-z][\w.]*\.[A-Z]\w*$/.test(word)) : undefined
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  const owner = environment.split('\0').find((entry) => entry.startsWith(`${mark}=`))
  const by = owner === undefined ? '' : `, started by \`pipec up\` for ${owner.slice(mark.length + 1)}`
  return `${mainClass ?? program} (pid ${pid}${by})`
}
