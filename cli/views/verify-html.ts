/** The report as one HTML file: no script, nothing loaded from elsewhere, every text of the data escaped. */
import type { Difference } from '../../runtime/verify/judge.ts'
import type { EngineReport } from '../../runtime/verify/verify.ts'
import {
  boundsText,
  cells,
  expectedText,
  headings,
  inputRows,
  outcomeOf,
  remarks,
  type Shown,
  sentence,
} from './verify.ts'

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border: 1px solid #8886; padding: .3rem .7rem; text-align: right }
th:first-child, td:first-child { text-align: left }
.equal td:first-child { border-left: .4rem solid #2a9d4a }
.different td:first-child { border-left: .4rem solid #d33 }
.not-judged td:first-child { border-left: .4rem solid #c80 }
pre { overflow-x: auto; background: #8881; padding: .6rem }
mark { background: #fc06; color: inherit }
`

export function verifyHtml(shown: Shown): string {
  const { report, pipeline } = shown
  const title = `pipec verify: ${pipeline.name}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(sentence(report)).replaceAll('\n', '<br>\n')}</p>
<table>
<thead><tr>${headings.map((each) => `<th scope="col">${each}</th>`).join('')}</tr></thead>
<tbody>
${report.engines.map(engineRow).join('\n')}
</tbody>
</table>
${report.notes.map((note) => `<p>${escaped(note)}</p>`).join('\n')}
${report.engines.map((each) => engineSection(each, shown)).join('\n')}
</body>
</html>
`
}

/** For texts and for attributes in double quotes; control characters, which HTML has no place for, become dots. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·')
}

function engineRow(each: EngineReport): string {
  const data = cells(each).map((cell) => `<td>${escaped(cell)}</td>`)
  return `<tr class="${outcomeOf(each).replace(' ', '-')}">${data.join('')}</tr>`
}

function engineSection(each: EngineReport, shown: Shown): string {
  const { verdict, malformed } = each
  const all = verdict.differences.length + malformed.length
  const about = remarks(each).map((line) => `<p>${escaped(line)}</p>`)
  if (about.length === 0 && all === 0) return ''
  const listed = outcomeOf(each) === 'different' ? verdict.differences.slice(0, shown.differences) : []
  const bad = outcomeOf(each) === 'different' ? malformed.slice(0, shown.differences) : []
  return `<section>
<h2>${escaped(each.engine)}</h2>
${about.join('\n')}
${listed.length < all ? `<p>The first ${listed.length} of ${all} differences.</p>` : ''}
${listed.map((difference) => differencePart(difference, shown)).join('\n')}
${bad.map(({ text, reason }) => `<h3>malformed row: ${escaped(reason)}</h3>\n<pre>${escaped(text)}</pre>`).join('\n')}
</section>`
}

function differencePart(
  { kind, expected, actual, columns }: Difference,
  { pipeline, report }: Shown,
): string {
  const names = columns.map((index) => `<mark>${escaped(pipeline.metrics[index]!.name)}</mark>`)
  const lines = [
    ...(expected === null ? [] : [`expected ${expectedText(expected, pipeline)}`]),
    ...(actual === null ? [] : [`actual   ${actual.text}`]),
  ]
  const rows = expected === null ? [] : inputRows(expected.rows, report)
  const input = rows.map(({ partition, offset, value }) => `${partition}:${offset} ${value}`)
  const more = expected === null ? 0 : expected.rows.length - rows.length
  return `<h3>${kind}: ${escaped(boundsText(expected ?? actual!))}${names.length === 0 ? '' : ` in ${names.join(', ')}`}</h3>
<pre>${lines.map(escaped).join('\n')}</pre>
${input.length === 0 ? '' : `<details><summary>the rows that it is made of${more > 0 ? `, and ${more} more` : ''}</summary>\n<pre>${input.map(escaped).join('\n')}</pre></details>`}`
}
