/** Fetches Python packages through `pip`, with the user's own configuration (indexes, proxies, certificates). */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import type { PipPart, VenvPart } from './artefacts.ts'
import { bytesBelow } from './cache.ts'
import { type Outcome, run } from './command.ts'
import type { Fetching } from './maven.ts'

const pollMilliseconds = 500

/** @throws Failure with pip's own errors. `arrived` hears the megabytes on disk, half of them pip's working copies. */
export async function fetchByPip(
  part: PipPart | VenvPart,
  fetching: Fetching,
  arrived: (megabytes: number) => void,
): Promise<void> {
  // Even for packages that are only unpacked, pip comes from a virtual environment: it is then there for certain, and
  // a system's own Python, which may refuse to be changed, is left alone.
  const venv = join(fetching.temporary, part.from === 'venv' ? part.folder : 'pip-venv')
  const scratch = join(fetching.temporary, 'scratch')
  await mkdir(scratch, { recursive: true })
  const timer = setInterval(
    async () => arrived((await bytesBelow(fetching.temporary)) / 1e6),
    pollMilliseconds,
  )
  try {
    await python(fetching, fetching.python, ['-m', 'venv', venv], scratch)
    await python(fetching, join(venv, 'bin', 'python3'), installArguments(part, fetching.temporary), scratch)
  } finally {
    clearInterval(timer)
    await rm(scratch, { recursive: true, force: true })
  }
  if (part.from === 'pip') await rm(venv, { recursive: true, force: true })
}

function installArguments(part: PipPart | VenvPart, temporary: string): readonly string[] {
  const options = ['--no-input', '--disable-pip-version-check', '--progress-bar=off']
  const target =
    part.from === 'pip' ? ['--no-deps', '--no-compile', `--target=${join(temporary, part.folder)}`] : []
  return ['-m', 'pip', 'install', ...options, ...target, ...part.packages]
}

async function python(
  fetching: Fetching,
  program: string,
  args: readonly string[],
  scratch: string,
): Promise<void> {
  // A configuration that installs for the user by default cannot be combined with a folder or a virtual environment.
  const env = {
    ...fetching.env,
    TMPDIR: scratch,
    PIP_USER: '0',
    PYTHONHOME: undefined,
    PYTHONPATH: undefined,
  }
  const outcome = await run({ program, args, env, signal: fetching.signal })
  if (outcome.code !== 0) throw pipFailure(fetching.title, outcome)
}

function pipFailure(title: string, outcome: Outcome): Failure {
  const errors = outcome.lines.filter((line) => /error/i.test(line))
  return new Failure(`pip could not fetch the artefacts of ${title}.`, {
    detail: (errors.length > 0 ? errors : outcome.lines).slice(-5).join('\n'),
    next: "Check the network, the disk and pip's configuration, then run it again: what has arrived whole is kept.",
  })
}
