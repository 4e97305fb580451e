import { createTwoFilesPatch } from 'diff'
import { createColors } from 'picocolors'

/** A unified diff as git prints it; an absent side is /dev/null. */
export function unifiedDiff(
  path: string,
  before: string | undefined,
  after: string | undefined,
  color: boolean,
): string {
  const from = before === undefined ? '/dev/null' : `a/${path}`
  const to = after === undefined ? '/dev/null' : `b/${path}`
  const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, { context: 3 })
  const lines = patch.split('\n').filter((line) => !/^={3,}$/.test(line))
  return (color ? lines.map(paint) : lines).join('\n')
}

function paint(line: string): string {
  const { green, red, cyan } = createColors(true)
  if (line.startsWith('+')) return green(line)
  if (line.startsWith('-')) return red(line)
  return line.startsWith('@') ? cyan(line) : line
}
