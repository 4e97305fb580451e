/** Pipelines on Spark: one driver runs their generated scripts, two at a time; starting a Spark for each would cost a minute. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SparkFiles } from '../../runtime/endpoints.ts'
import type { Prepared } from './prepare.ts'

interface Answer {
  readonly id: string
  readonly error: string | null
}

const atOnce = 2

export class Spark {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #bootstrapServers: string
  readonly #waiting = new Map<string, (answer: Answer) => void>()
  readonly #ready: Promise<Answer>
  #complaints = ''

  constructor({ jars, python }: SparkFiles, bootstrapServers: string) {
    this.#bootstrapServers = bootstrapServers
    this.#folder = mkdtempSync(join(tmpdir(), 'pipec-conformance-spark-'))
    const settings = { at_once: atOnce, seconds: 120, spark: sparkSettings(jars, this.#folder) }
    const script = new URL('./spark-driver.py', import.meta.url).pathname
    this.#child = spawn(python, [script, JSON.stringify(settings)], {
      cwd: this.#folder,
      env: { ...process.env, PYSPARK_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1' },
    })
    this.#ready = this.#answerTo('')
    this.#child.stderr!.on('data', (text: Buffer) => {
      this.#complaints = (this.#complaints + text.toString()).slice(-20_000)
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line))
    this.#child.on('exit', () => {
      for (const [id, tell] of this.#waiting)
        tell({ id, error: `Spark ended: ${this.#complaints.slice(-3_000)}` })
    })
  }

  /** Runs them to the end of their input; what went wrong, by name. */
  async run(cases: readonly Prepared[]): Promise<ReadonlyMap<string, string>> {
    const { error } = await this.#ready
    if (error !== null) throw new Error(error)
    const answers = await Promise.all(cases.map((each) => this.#runOne(each)))
    return new Map(answers.flatMap(({ id, error }) => (error === null ? [] : [[id, error] as const])))
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.stdin!.end()
      const kill = setTimeout(() => this.#child.kill('SIGKILL'), 20_000)
      await ended
      clearTimeout(kill)
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Again where Python was slow to start: Spark waits ten seconds for it, which no setting changes. */
  async #runOne(each: Prepared): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#ask(each)
      if (attempt === 4 || answer.error?.includes('Python worker failed to connect back') !== true)
        return answer
    }
  }

  #ask({ name, output }: Prepared): Promise<Answer> {
    const answer = this.#answerTo(name)
    const environment = {
      KAFKA_BOOTSTRAP_SERVERS: this.#bootstrapServers,
      PIPEC_CHECKPOINT: join(this.#folder, name),
      PIPEC_APP_NAME: name,
    }
    const script = output.files.get('spark/job.py')
    this.#child.stdin!.write(`${JSON.stringify({ id: name, script, environment })}\n`)
    return answer
  }

  #answerTo(id: string): Promise<Answer> {
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }

  #take(line: string): void {
    if (!line.startsWith('{"id"')) return
    const answer = JSON.parse(line) as Answer
    this.#waiting.get(answer.id)?.(answer)
    this.#waiting.delete(answer.id)
  }
}

function sparkSettings(jars: readonly string[], folder: string): Readonly<Record<string, string>> {
  return {
    'spark.master': `local[${atOnce}]`,
    'spark.jars': jars.join(','),
    'spark.driver.memory': '1500m',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    // Python needs long to start beside other engines.
    'spark.python.authenticate.socketTimeout': '100s',
    'spark.local.dir': folder,
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
    // Many small queries: their plans and old state are not worth keeping.
    'spark.sql.streaming.minBatchesToRetain': '1',
    'spark.sql.codegen.cache.maxEntries': '50',
  }
}
