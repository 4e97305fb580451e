/**
 * Keeps README.md true: a block after `<!-- file: path -->` is that file, one after `<!-- pipec … -->` is what the
 * command prints, and one after `<!-- capabilities -->` is the table of what engines can do. Writes the file; with
 * --check it only compares.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { capabilityTable } from './capabilities.ts'

const blocks = /(<!-- (file|pipec|capabilities)(?:: ?| )?([^\n]*?) ?-->\n)([\s\S]*?)(<!-- end -->)/g

export function renderReadme(text: string): string {
  return text.replaceAll(
    blocks,
    (_, head: string, kind: string, rest: string, _old: string, end: string) =>
      `${head}${content(kind, rest)}\n${end}`,
  )
}

function content(kind: string, rest: string): string {
  if (kind === 'capabilities') return capabilityTable()
  if (kind === 'file') return fenced(languageOf(rest), readFileSync(rest, 'utf8'))
  const printed = execFileSync('node', ['dist/pipec.cjs', ...rest.split(' ')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return fenced('', printed)
}

const languages: Readonly<Record<string, string>> = { yaml: 'yaml', sql: 'sql', py: 'python', json: 'json' }

function languageOf(path: string): string {
  return languages[path.slice(path.lastIndexOf('.') + 1)] ?? ''
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const before = readFileSync('README.md', 'utf8')
  const after = renderReadme(before)
  if (!process.argv.includes('--check')) writeFileSync('README.md', after)
  else if (before !== after) {
    console.error('README.md is not what the files say; run npm run readme')
    process.exitCode = 1
  }
}
