/** Docker Compose on the generated file, or on what it made of it. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure } from '../failure.ts'
import { localFolder } from '../local.ts'
import { type Outcome, run } from '../native/command.ts'
import { endAll, mark, marked } from '../native/processes.ts'
import { dockerRecordPath } from './record.ts'
import type { Shell } from './tools.ts'

/** Relative, so that commands that are shown can be typed. */
export const composeFile = join('generated', 'compose.yaml')

/** With the volumes that have no name: images declare some that nobody uses, and every start makes new ones. */
export const removal = ['rm', '--stop', '--force', '--volumes'] as const

export interface Compose extends Shell {
  /** Profiles of the compose file, or a project that is there already, whatever has become of the file. */
  readonly of: { readonly profiles: readonly string[] } | { readonly project: string }
}

export async function requireComposeFile(cwd: string): Promise<void> {
  if ((await stat(join(cwd, composeFile)).catch(() => null)) !== null) return
  throw new Failure(`There is no ${composeFile} here.`, { next: 'Run `pipec build` to write it.' })
}

/** @throws Failure with the last words of Compose when it does not succeed. */
export async function compose(
  { cwd, env, signal, of }: Compose,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<readonly string[]> {
  const outcome = await run({
    cwd,
    env: { ...env, [mark]: markOf(cwd) },
    signal,
    program: 'docker',
    args: ['compose', '--ansi', 'never', '--progress', 'plain', ...selection(of), ...args],
    ...(onLine === undefined ? {} : { onLine }),
  })
  if (outcome.code === 0) return outcome.lines.filter((line) => line.trim() !== '')
  throw failed(args, outcome)
}

/** Ends the Compose of an `up` that was killed: it would start containers behind our back. */
export async function endLeftCompose(cwd: string): Promise<void> {
  await endAll(await marked(markOf(cwd)), 5_000)
}

function markOf(cwd: string): string {
  return dockerRecordPath(resolve(localFolder(cwd)))
}

function selection(of: Compose['of']): readonly string[] {
  if ('project' in of) return ['-p', of.project]
  return ['-f', composeFile, ...of.profiles.flatMap((each) => ['--profile', each])]
}

function failed([verb]: readonly string[], { lines }: Outcome): Failure {
  return new Failure(`\`docker compose ${verb}\` failed.`, {
    detail: lines.slice(-15).join('\n'),
    next: `Look at \`docker compose -f ${composeFile} --profile '*' logs\`, correct what it says, and try again.`,
  })
}
