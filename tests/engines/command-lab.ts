/** A user's folder beside the engines that are up: commands run in it as the packed program, topics looked at from outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inject } from 'vitest'
import type { Endpoints } from '../../runtime/endpoints.ts'
import { withAdmin } from '../../runtime/engines/kafka-client.ts'
import { produceBatches } from '../../runtime/engines/kafka-produce.ts'
import { readTopic } from '../../runtime/engines/kafka-read.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import type { Local } from '../../runtime/local.ts'
import { withoutKsqldb } from './ksqldb-lab.ts'

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const program = resolve('dist/pipec.cjs')

export class CommandLab {
  readonly name = `lab_${randomBytes(4).toString('hex')}`
  readonly folder = mkdtempSync(join(tmpdir(), 'pipec-lab-'))
  readonly endpoints: Endpoints
  readonly #signal = new AbortController().signal

  constructor(local: Local | null = inject('local')) {
    if (local === null) throw new Error('no engines')
    this.endpoints = resolveEnvironment('local', [], local, {}).endpoints
    mkdirSync(join(this.folder, '.pipec'))
    writeFileSync(join(this.folder, '.pipec/local.json'), JSON.stringify(local))
  }

  /** Writes pipeline.yaml from the example, with names of this lab's own, and builds it. */
  async pipeline(change: (text: string) => string = (text) => text): Promise<void> {
    const example = readFileSync('pipeline.yaml', 'utf8')
    const own = example
      .replace('name: transactions', `name: ${this.name}`)
      .replace('topic: transactions\n', `topic: ${this.name}\n`)
      .replaceAll('transactions_aggregate', `${this.name}_aggregate`)
    writeFileSync(join(this.folder, 'pipeline.yaml'), change(own))
    const built = await this.run('build')
    if (built.code !== 0) throw new Error(built.err)
  }

  start(...words: string[]): ChildProcess {
    return spawn(process.execPath, [program, ...words], {
      cwd: this.folder,
      env: withoutKsqldb(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  async run(...words: string[]): Promise<Outcome> {
    return finished(this.start(...words))
  }

  async topics(): Promise<readonly string[]> {
    const all = await withAdmin(this.endpoints.kafka, (admin) => admin.listTopics())
    return all.filter((each) => each.startsWith(this.name)).sort()
  }

  /** Names of this lab's Flink jobs that have not ended. */
  async flinkJobs(): Promise<readonly { readonly jid: string; readonly state: string }[]> {
    const answer = await fetch(`${this.endpoints.flink?.rest}/jobs/overview`)
    const { jobs } = (await answer.json()) as { jobs: { jid: string; name: string; state: string }[] }
    return jobs.filter(
      (each) =>
        each.name === `pipec.${this.name}` && !['CANCELED', 'FINISHED', 'FAILED'].includes(each.state),
    )
  }

  async cancel(jid: string): Promise<void> {
    await fetch(`${this.endpoints.flink?.rest}/jobs/${jid}?mode=cancel`, { method: 'PATCH' })
  }

  async send(partition: number, values: readonly string[]): Promise<void> {
    const records = values.map((value) => ({ key: null, value }))
    await produceBatches(this.endpoints.kafka, this.name, [{ partition, records }], this.#signal)
  }

  /** Committed values of a topic as it is now. */
  async values(topic: string): Promise<readonly string[]> {
    const values: string[] = []
    const take = ({ value }: { value: string | null }): undefined => {
      if (value !== null) values.push(value)
    }
    await readTopic(this.endpoints.kafka, topic, { from: 'beginning', until: 'end' }, take, this.#signal)
    return values
  }

  async query(sql: string): Promise<readonly (readonly unknown[])[]> {
    const answer = await fetch(`${this.endpoints.pinot?.broker}/query/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    })
    const { resultTable } = (await answer.json()) as { resultTable?: { rows: unknown[][] } }
    return resultTable?.rows ?? []
  }

  async remove(): Promise<void> {
    await this.run('destroy', '--yes')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function finished(child: ChildProcess): Promise<Outcome> {
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  return new Promise((done) => {
    child.on('close', (code) => done({ code, out, err }))
  })
}

/** Tries until it holds, for up to `seconds`; the last failure is thrown. */
export async function eventually<T>(seconds: number, attempt: () => Promise<T>): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((done) => setTimeout(done, 500))
    }
  }
}
