import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pipec, temporaryFolder } from '../fixtures/command.ts'
import { lacks } from '../fixtures/tools.ts'

async function scriptFor(shell: string): Promise<string> {
  const { code, out } = await pipec(['completion', shell], temporaryFolder())
  expect(code).toBe(0)
  return out
}

async function commandNames(): Promise<string[]> {
  const { out } = await pipec(['--help'], temporaryFolder())
  const names = [...out.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!)
  expect(names).toContain('build')
  return names.filter((name) => name !== 'help' && name !== 'pipec')
}

describe.skipIf(lacks('bash', '-c', 'true'))('bash', () => {
  async function completes(...words: string[]): Promise<string[]> {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'script'), await scriptFor('bash'))
    writeFileSync(join(cwd, 'pipeline.yaml'), '')
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const program = `source ./script; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _pipec; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', program], { cwd, encoding: 'utf8' }).trim().split('\n')
  }

  test('completes every command', async () => {
    expect((await completes('pipec', '')).filter((word) => !word.startsWith('-')).sort()).toEqual(
      (await commandNames()).sort(),
    )
    expect(await completes('pipec', 'bu')).toEqual(['build'])
  })

  test('completes options, their values, and files', async () => {
    expect(await completes('pipec', 'build', '--ch')).toEqual(['--check'])
    expect(await completes('pipec', 'check', '--format', 'g')).toEqual(['github'])
    expect(await completes('pipec', 'build', '--engine', 'p')).toEqual(['pinot'])
    expect(await completes('pipec', 'check', 'pipe')).toEqual(['pipeline.yaml'])
  })
})

describe.skipIf(lacks('zsh', '-c', 'true'))('zsh', () => {
  test('reads the script, and finds every command and option in it', async () => {
    const cwd = temporaryFolder()
    const script = await scriptFor('zsh')
    writeFileSync(join(cwd, 'script'), script)
    execFileSync(
      'zsh',
      ['-f', '-c', 'autoload -Uz compinit && compinit -u -D && source ./script && whence -w _pipec'],
      { cwd },
    )
    for (const name of await commandNames()) expect(script).toContain(`    ${name})\n`)
    expect(script).toContain(':value:(text json github)')
  })
})

describe.skipIf(lacks('fish', '-c', 'true'))('fish', () => {
  test('completes commands, options and values', async () => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'script.fish'), await scriptFor('fish'))
    const completes = (words: string): string[] =>
      execFileSync('fish', ['--no-config', '-c', `source ./script.fish; complete -C '${words}'`], {
        cwd,
        encoding: 'utf8',
      })
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0]!)
    expect(completes('pipec bui')).toEqual(['build'])
    expect(completes('pipec build --ch')).toEqual(['--check'])
    expect(completes('pipec check --format g')).toEqual(['github'])
  })
})

test('a shell that nobody has is an error that names those there are', async () => {
  const { code, err } = await pipec(['completion', 'tcsh'], temporaryFolder())
  expect(code).toBe(1)
  expect(err).toContain('Allowed choices are bash, zsh, fish')
})
