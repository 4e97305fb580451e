import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { capabilityTable } from '../scripts/capabilities.ts'
import { renderReadme } from '../scripts/readme.ts'

it('README.md shows the files as they are and what the commands print', () => {
  const text = readFileSync('README.md', 'utf8')
  expect(text.match(/<!-- end -->/g)?.length).toBeGreaterThan(5)
  expect(renderReadme(text), 'npm run readme').toBe(text)
})

it('the capability table has a row for each feature, and its "no"s are refused', () => {
  expect(capabilityTable()).toContain('| `count(distinct x)` | yes | no |')
})
