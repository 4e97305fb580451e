/** A table drawn with lines, for any number of rows: the time cli-table3 takes grows with their square, 20 s for 8,000. */
import stringWidth from 'string-width'

export type Alignment = 'left' | 'right'

export function grid(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[],
): string {
  const widths = head.map((heading, column) => {
    let widest = width(heading)
    for (const row of rows) widest = Math.max(widest, width(row[column]!))
    return widest
  })
  const rule = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((each) => '─'.repeat(each + 2)).join(middle)}${right}`
  const line = (cells: readonly string[]): string =>
    `│${cells.map((text, column) => ` ${padded(text, widths[column]!, alignments[column]!)} `).join('│')}│`
  return [rule('┌', '┬', '┐'), line(head), rule('├', '┼', '┤'), ...rows.map(line), rule('└', '┴', '┘')].join(
    '\n',
  )
}

function padded(text: string, to: number, alignment: Alignment): string {
  const space = ' '.repeat(to - width(text))
  return alignment === 'left' ? text + space : space + text
}

/** In columns of a terminal. */
function width(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text)
}
