/** Docker Compose on the generated file. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { type Outcome, run } from '../native/command.ts'
import type { Shell } from './tools.ts'

/** Relative, so that commands that are shown can be typed. */
export const composeFile = join('generated', 'compose.yaml')

export interface Compose extends Shell {
  readonly profiles: readonly string[]
}

export async function requireComposeFile(cwd: string): Promise<void> {
  if ((await stat(join(cwd, composeFile)).catch(() => null)) !== null) return
  throw new Failure(`There is no ${composeFile} here.`, { next: 'Run `pipec build` to write it.' })
}

/** @throws Failure with the last words of Compose when it does not succeed. */
export async function compose(
  settings: Compose,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<readonly string[]> {
  const words = arguments_(settings.profiles, args)
  const outcome = await run({
    ...settings,
    program: 'docker',
    args: words,
    ...(onLine === undefined ? {} : { onLine }),
  })
  if (outcome.code === 0) return outcome.lines.filter((line) => line.trim() !== '')
  throw failed(args, outcome)
}

function arguments_(profiles: readonly string[], args: readonly string[]): readonly string[] {
  const plain = ['--ansi', 'never', '--progress', 'plain']
  return ['compose', ...plain, '-f', composeFile, ...profiles.flatMap((each) => ['--profile', each]), ...args]
}

function failed([verb]: readonly string[], { lines }: Outcome): Failure {
  return new Failure(`\`docker compose ${verb}\` failed.`, {
    detail: lines.slice(-15).join('\n'),
    next: `Look at \`docker compose -f ${composeFile} --profile '*' logs\`, correct what it says, and try again.`,
  })
}
