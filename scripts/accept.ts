/** Rewrites the goldens of the cases named after it, or with --all of every case; read the diff before committing it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { accepted, caseNames, casesFolder, produced } from '../tests/golden.ts'

function accept(name: string): void {
  const folder = join(casesFolder, name)
  const [before, after] = [accepted(name), produced(name)]
  rmSync(join(folder, 'expected'), { recursive: true, force: true })
  rmSync(join(folder, 'diagnostics.txt'), { force: true })
  for (const [path, text] of after) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const same = before.size === after.size && [...after].every(([path, text]) => before.get(path) === text)
  console.log(`${same ? ' ' : '~'} ${name}`)
}

const known = caseNames()
const words = process.argv.slice(2)
const wanted = words.includes('--all') ? known : words
const unknown = wanted.filter((name) => !known.includes(name))
if (wanted.length === 0 || unknown.length > 0 || process.env.CI) {
  const reason = process.env.CI
    ? 'CI never rewrites goldens'
    : `no such case: ${unknown.join(', ') || '(none named)'}`
  console.error(`${reason}\nUsage: npm run accept -- <case>… | --all`)
  process.exitCode = 1
} else wanted.forEach(accept)
