/** Every check that is no test, one after the other; all run, and any failure is the exit code. */
import { spawnSync } from 'node:child_process'

interface Check {
  readonly name: string
  readonly command: readonly string[]
}

const checks: readonly Check[] = [
  { name: 'types', command: ['npx', 'tsc', '--noEmit'] },
  { name: 'lint and format', command: ['npx', 'biome', 'ci', '.'] },
  { name: 'doors between rooms', command: ['npm', 'run', '--silent', 'doors'] },
  { name: 'unused code', command: ['npx', 'knip', '--no-config-hints'] },
  { name: 'document types', command: ['npm', 'run', '--silent', 'types:document', '--', '--check'] },
  { name: 'generated/ is fresh', command: ['node', 'dist/pipec.cjs', 'build', '--check'] },
  { name: 'the packed package', command: ['npx', 'tsx', 'scripts/packed.ts'] },
]

let failed = 0
for (const { name, command } of checks) {
  const [program, ...parameters] = command
  const { status, stdout, stderr } = spawnSync(program!, parameters, { encoding: 'utf8', maxBuffer: 1 << 26 })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`)
  if (status === 0) continue
  failed++
  console.log(`${stdout}${stderr}`.replaceAll(/^/gm, '       '))
}
console.log(`${checks.length - failed} checks hold, ${failed} do not`)
process.exitCode = failed === 0 ? 0 : 1
