/** What `up --with docker` needs on the machine: the client, its Compose plug-in, and a daemon that answers. */
import { Failure } from '../failure.ts'
import { type Outcome, run } from '../native/command.ts'

export interface Shell {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Null when Docker can be used; otherwise what is missing, and how to get it or to do without. */
export async function dockerProblem(shell: Shell): Promise<Failure | null> {
  const compose = await attempt(shell, ['compose', 'version'])
  if (compose === null) return problem('Docker is not installed here', installDocker)
  if (compose.code !== 0)
    return problem('Docker is here, its Compose plug-in is not', installCompose, compose)
  const server = await attempt(shell, ['version', '--format', '{{.Server.Version}}'])
  if (server?.code === 0) return null
  return problem('Docker is installed, but its daemon does not answer', startDaemon, server)
}

const native = 'or start the engines without Docker: `pipec up --with native`.'
const installDocker = `Install Docker Engine with the Compose plug-in, or Docker Desktop; ${native}`
const installCompose = `Install docker-compose-plugin (docker-compose-v2 on Ubuntu); ${native}`
const startDaemon = `Start it (\`systemctl start docker\`, or Docker Desktop), and see that you may use it; ${native}`

function problem(message: string, next: string, outcome: Outcome | null = null): Failure {
  const detail = outcome?.lines.filter((line) => line.trim() !== '').slice(-3)
  return new Failure(`${message}.`, detail === undefined ? { next } : { next, detail: detail.join('\n') })
}

/** Null when there is no such program. */
async function attempt(shell: Shell, args: readonly string[]): Promise<Outcome | null> {
  try {
    return await run({ ...shell, program: 'docker', args })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
