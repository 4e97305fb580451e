/** From an environment of pipeline.yaml, or what `up` recorded, to endpoints with every `${VAR}` resolved. */
import type { BasicAuth, Environment } from '../compiler/ir.ts'
import type { Endpoints, HttpEndpoint, KafkaEndpoint, KafkaSecurity, SparkFiles } from './endpoints.ts'
import { Failure } from './failure.ts'
import type { Local } from './local.ts'
import { ellipsis, inAscii } from './text.ts'

export interface ResolvedEnvironment {
  readonly endpoints: Endpoints
  /** Values that may never be printed. */
  readonly secrets: readonly string[]
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * @param name of the environment; `local` is what `up` started, unless pipeline.yaml declares one of that name.
 * @throws Failure for an unknown name, an unset variable, or when nothing is up.
 */
export function resolveEnvironment(
  name: string,
  environments: readonly Environment[],
  local: Local | null,
  variables: Variables,
): ResolvedEnvironment {
  const declared = environments.find((each) => each.name === name)
  if (declared !== undefined) return resolveDeclared(declared, variables)
  if (name !== 'local') {
    const known = ['local', ...environments.map((each) => each.name)].join(', ')
    throw new Failure(`There is no environment "${name}".`, {
      next: `Declare it under "environments" in pipeline.yaml, or choose one of ${known}.`,
    })
  }
  if (local === null) {
    throw new Failure('Nothing is up in this folder.', {
      next: 'Start the engines with `pipec up`, or choose another environment with -e.',
    })
  }
  return { endpoints: localEndpoints(local, variables), secrets: [] }
}

function localEndpoints(local: Local, variables: Variables): Endpoints {
  const { kafka, flink, spark, pinot } = local
  const ksqldbUrl = variables.KSQLDB_URL || local.ksqldb?.url
  return {
    environment: 'local',
    kafka: {
      bootstrapServers: kafka.bootstrapServers,
      engineBootstrapServers: kafka.bootstrapServersForEngines,
      security: null,
    },
    flink:
      flink === null
        ? null
        : {
            url: flink.gateway,
            auth: null,
            rest: flink.rest,
            checkpoints: local.with === 'native' ? flink.checkpoints.replace('file://', '') : null,
          },
    ksqldb: ksqldbUrl === undefined ? null : { url: ksqldbUrl, auth: null },
    spark:
      spark === null
        ? null
        : {
            url: spark.rest,
            auth: null,
            master: spark.master,
            ui: spark.ui,
            files: spark.files,
            here: local.with === 'native',
          },
    pinot: pinot === null ? null : { url: pinot.controller, auth: null, broker: pinot.broker },
  }
}

class Resolver {
  readonly secrets: string[] = []
  readonly #environment: string
  readonly #variables: Variables

  constructor(environment: string, variables: Variables) {
    this.#environment = environment
    this.#variables = variables
  }

  text(template: string): string {
    return template.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => this.#variable(name))
  }

  secret(template: string): string {
    const value = this.text(template)
    this.secrets.push(value)
    return value
  }

  optional(template: string | null): string | null {
    return template === null ? null : this.text(template)
  }

  auth(auth: BasicAuth | null): HttpEndpoint['auth'] {
    return auth === null ? null : { username: this.text(auth.username), password: this.secret(auth.password) }
  }

  /** An address without a path's final slash. */
  url(template: string): string {
    const text = this.text(template)
    try {
      return new URL(text).href.replace(/\/+$/, '')
    } catch {
      throw new Failure(
        `"${template}" of environment "${this.#environment}" is not an address once its variables are filled in.`,
        {
          next: 'Set the variable to http:// or https://, host and port.',
        },
      )
    }
  }

  #variable(name: string): string {
    const value = this.#variables[name]
    if (value !== undefined && value !== '') return value
    throw new Failure(`Environment "${this.#environment}" needs the variable ${name}, which is not set.`, {
      next: `Set it for this command: ${name}=… pipec …`,
    })
  }
}

/** The same host on the port that the engine has by default. */
function besides(url: string, port: number, protocol?: string): string {
  const sibling = new URL(url)
  return `${protocol ?? sibling.protocol}//${sibling.hostname}:${port}`
}

function resolveDeclared(declared: Environment, variables: Variables): ResolvedEnvironment {
  const resolver = new Resolver(declared.name, variables)
  if (declared.kafka === null) {
    throw new Failure(`Environment "${declared.name}" does not say where Kafka is.`, {
      next: 'Add kafka: { bootstrap_servers: … } to it in pipeline.yaml.',
    })
  }
  const { flink, ksqldb, spark, pinot } = declared
  const endpoints: Endpoints = {
    environment: declared.name,
    kafka: resolveKafka(declared.kafka, resolver),
    flink: flink === null ? null : flinkEndpoint(flink, resolver),
    ksqldb: ksqldb === null ? null : { url: resolver.url(ksqldb.url), auth: resolver.auth(ksqldb.auth) },
    spark: spark === null ? null : sparkEndpoint(spark, resolver),
    pinot: pinot === null ? null : pinotEndpoint(pinot, resolver),
  }
  return { endpoints, secrets: resolver.secrets.filter((each) => each.length > 0) }
}

function resolveKafka(kafka: NonNullable<Environment['kafka']>, resolver: Resolver): KafkaEndpoint {
  const bootstrapServers = resolver.text(kafka.bootstrapServers)
  return {
    bootstrapServers,
    engineBootstrapServers: bootstrapServers,
    security: resolveSecurity(kafka.security, resolver),
  }
}

function resolveSecurity(
  security: NonNullable<Environment['kafka']>['security'],
  resolver: Resolver,
): KafkaSecurity | null {
  if (security === null || security.protocol === 'PLAINTEXT') return null
  return {
    protocol: security.protocol,
    mechanism: security.mechanism,
    username: resolver.optional(security.username),
    password: security.password === null ? null : resolver.secret(security.password),
    ca: resolver.optional(security.ca),
  }
}

function flinkEndpoint(flink: NonNullable<Environment['flink']>, resolver: Resolver): Endpoints['flink'] {
  const url = resolver.url(flink.gateway)
  return {
    url,
    auth: resolver.auth(flink.auth),
    rest: flink.rest === null ? besides(url, 8081) : resolver.url(flink.rest),
    checkpoints: null,
  }
}

function sparkEndpoint(spark: NonNullable<Environment['spark']>, resolver: Resolver): Endpoints['spark'] {
  const url = resolver.url(spark.rest)
  const master = spark.master === null ? besides(url, 7077, 'spark:') : resolver.text(spark.master)
  return {
    url,
    auth: resolver.auth(spark.auth),
    master,
    ui: spark.ui === null ? besides(url, 8080) : resolver.url(spark.ui),
    files: spark.checkpoints === null ? null : sparkFiles(resolver.text(spark.checkpoints)),
    here: false,
  }
}

/** A cluster of one's own has the Kafka source among its jars. */
function sparkFiles(checkpoints: string): SparkFiles {
  return { jars: [], python: 'python3', scripts: '', checkpoints }
}

function pinotEndpoint(pinot: NonNullable<Environment['pinot']>, resolver: Resolver): Endpoints['pinot'] {
  const url = resolver.url(pinot.controller)
  return {
    url,
    auth: resolver.auth(pinot.auth),
    broker: pinot.broker === null ? besides(url, 8099) : resolver.url(pinot.broker),
  }
}

const blot = '••••'

/**
 * The text with every secret blotted out: plain, in an address, quoted for SQL, as often quoted as a setting within JSON
 * within JSON is, and also where somebody's words were cut in the middle of one.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap(formsOf)
  const whole = forms.reduce((blotted, each) => blotted.replaceAll(each, blot), text)
  if (forms.length === 0 || !whole.includes(ellipsis)) return whole
  const pieces = whole.split(ellipsis)
  const last = pieces.pop()!
  return [...pieces.map((piece) => withoutBeginnings(piece, forms)), last].join(ellipsis)
}

/** The longest first: they may hold the others. */
function formsOf(secret: string): readonly string[] {
  const ascii = inAscii(quoted(secret))
  const forms = [secret, encodeURIComponent(secret), secret.replaceAll("'", "''"), ascii]
  for (const form of [secret, ascii]) {
    const nested = [quoted(form), quoted(quoted(form)), quoted(quoted(quoted(form)))]
    forms.push(...nested)
  }
  return [...new Set(forms)].filter((each) => each !== '').sort((a, b) => b.length - a.length)
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Fewer letters of a secret tell nothing of it. */
const tellingLetters = 3

/** A text that was cut, without the letters that it ends with and one of these begins with. */
function withoutBeginnings(text: string, forms: readonly string[]): string {
  const most = Math.max(...forms.map((form) => beginningAtEnd(text, form)))
  if (most < tellingLetters) return text
  const kept = text.slice(0, -most)
  // Half of what JSON has quoted with a backslash would be no JSON.
  const backslashes = /\\*$/.exec(kept)![0].length
  return `${backslashes % 2 === 0 ? kept : kept.slice(0, -1)}${blot}`
}

function beginningAtEnd(text: string, form: string): number {
  let length = Math.min(form.length - 1, text.length)
  while (length > 0 && !text.endsWith(form.slice(0, length))) length--
  return length
}
