/** What has to be on the machine, looked for before anything starts and asked for in one message. */
import { Failure } from '../failure.ts'
import { type Outcome, run } from './command.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface Tools {
  /** The program, as it is to be run. */
  readonly java: string
  readonly python: { readonly program: string; readonly version: string }
}

export interface Needs {
  /** Whether a virtual environment is to be made or run. */
  readonly python: boolean
  /** Whether nothing has to be fetched, given the version of Python (empty when there is none). */
  fetched(python: string): Promise<boolean>
  /** Why, as the message's first line ends: `Kafka, Flink`. */
  readonly reason: string
  readonly env: Environment
  readonly signal: AbortSignal
}

/** Flink 2.2, Kafka 4.3 and Spark 4.2 are built for it: older ones cannot load their classes. */
const oldestJava = 17
/** PySpark 4.2's own bound. */
const oldestPython = [3, 10] as const

/** @throws Failure that lists all that is missing, with what to install. */
export async function requireTools(needs: Needs): Promise<Tools> {
  const { tools, missing } = await lookForTools(needs)
  if (missing.length === 0) return tools
  throw new Failure(`To start ${needs.reason} natively, this machine lacks:`, {
    detail: missing.map((problem) => `- ${problem}`).join('\n'),
    next: 'Install that and run `pipec up` again, or use Docker: `pipec up --with docker`.',
  })
}

/** `missing` says of each tool what is wanted and what was found. */
export async function lookForTools(
  needs: Omit<Needs, 'reason'>,
): Promise<{ readonly tools: Tools; readonly missing: readonly string[] }> {
  const java = needs.env.JAVA_HOME ? `${needs.env.JAVA_HOME}/bin/java` : 'java'
  const [noJava, python] = await Promise.all([
    javaProblem(java, needs),
    needs.python ? findPython(needs) : { version: '', problem: null },
  ])
  const noMaven = (await needs.fetched(python.version)) ? null : await mavenProblem(needs)
  return {
    tools: { java, python: { program: 'python3', version: python.version } },
    missing: [noJava, noMaven, python.problem].filter((problem) => problem !== null),
  }
}

/** How a program is run to be looked at. */
type Surroundings = Pick<Needs, 'env' | 'signal'>

async function javaProblem(java: string, needs: Surroundings): Promise<string | null> {
  const wanted = `Java ${oldestJava} or newer (openjdk-${oldestJava}-jre-headless on Debian and Ubuntu, openjdk@${oldestJava} in Homebrew)`
  const outcome = await tryRun(java, ['-version'], needs)
  if (outcome === null) return `${wanted}: \`${java}\` is not there`
  const version = javaVersion(outcome.lines.join('\n'))
  if (version === null) return `${wanted}: \`${java} -version\` does not tell its version`
  return version >= oldestJava ? null : `${wanted}: \`${java}\` is Java ${version}`
}

/** `17` of `openjdk version "17.0.15"`, and 8 of `"1.8.0_392"`. */
export function javaVersion(text: string): number | null {
  const found = /version "(?:1\.)?(\d+)/.exec(text)
  return found === null ? null : Number(found[1])
}

async function mavenProblem(needs: Surroundings): Promise<string | null> {
  const outcome = await tryRun('mvn', ['--version'], needs)
  if (outcome !== null && outcome.code === 0) return null
  return 'Maven 3.6 or newer, to fetch the engines (maven on Debian, Ubuntu and in Homebrew): `mvn` is not there'
}

async function findPython(needs: Surroundings): Promise<{ version: string; problem: string | null }> {
  const wanted = `Python ${oldestPython.join('.')} or newer with venv (python3 and python3-venv on Debian and Ubuntu)`
  const script = 'import sys; print("%d.%d" % sys.version_info[:2]); import venv, ensurepip'
  const outcome = await tryRun('python3', ['-c', script], needs)
  const version = outcome?.lines.find((line) => /^\d+\.\d+$/.test(line)) ?? ''
  if (outcome === null || version === '') return { version, problem: `${wanted}: \`python3\` is not there` }
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const old = major < oldestPython[0] || (major === oldestPython[0] && minor < oldestPython[1])
  if (old) return { version, problem: `${wanted}: \`python3\` is ${version}` }
  return { version, problem: outcome.code === 0 ? null : `${wanted}: this python3 has no venv` }
}

async function tryRun(
  program: string,
  args: readonly string[],
  needs: Surroundings,
): Promise<Outcome | null> {
  try {
    return await run({ program, args, env: needs.env, signal: needs.signal })
  } catch (error) {
    needs.signal.throwIfAborted()
    if (error instanceof Error && 'code' in error) return null
    throw error
  }
}
