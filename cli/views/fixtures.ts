/** The outcome of fixtures: for people, for programs, and as JUnit for CI. */
import { createColors } from 'picocolors'
import type { Json } from '../../compiler/ir.ts'
import { jsonLine } from '../../compiler/json.ts'
import { type Outcome, passed } from '../../runtime/fixtures/judge.ts'

export interface Results {
  readonly files: readonly { readonly file: string; readonly outcomes: readonly Outcome[] }[]
  readonly millis: number
}

export function resultsText({ files, millis }: Results, color: boolean): string {
  const { green, red } = createColors(color)
  const lines = files.flatMap(({ file, outcomes }) =>
    outcomes.flatMap((each) => [
      `${passed(each) ? green('ok    ') : red('failed')} ${each.fixture.name}  ${file}:${each.fixture.line}`,
      ...differences(each).map(
        (line) => `       ${line.startsWith('-') ? red(line) : line.startsWith('+') ? green(line) : line}`,
      ),
    ]),
  )
  const outcomes = files.flatMap((each) => each.outcomes)
  const good = outcomes.filter(passed).length
  return `${lines.join('\n')}\n${good} passed, ${outcomes.length - good} failed (${millis} ms)\n`
}

/** `-` expected and not there, `+` there and not expected. */
function differences({ missing, extra, surprises }: Outcome): string[] {
  return [
    ...missing.flatMap(({ expected, instead }) => [
      `- ${line(expected)}`,
      ...(instead === null ? [] : [`+ ${line(only(instead, expected))}`]),
    ]),
    ...extra.map((row) => `+ ${line(row)}`),
    ...surprises.map(
      ({ index, actual, line }) =>
        `record ${index + 1} is ${actual}, which the fixture does not say: ${line.slice(0, 100)}`,
    ),
  ]
}

function only(row: Readonly<Record<string, unknown>>, like: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(like).map((column) => [column, row[column]]))
}

function line(row: Readonly<Record<string, unknown>>): string {
  return jsonLine(row as Json)
}

/** Stable: documented in docs/json.md. */
export function resultsJson({ files, millis }: Results): unknown {
  return {
    millis,
    fixtures: files.flatMap(({ file, outcomes }) =>
      outcomes.map((each) => ({
        file,
        line: each.fixture.line,
        name: each.fixture.name,
        passed: passed(each),
        differences: differences(each),
      })),
    ),
  }
}

/** As Jenkins, GitLab and GitHub's reporters read it: https://github.com/testmoapp/junitxml */
export function junitXml({ files, millis }: Results, suite: string): string {
  const all = files.flatMap((each) => each.outcomes)
  const failed = all.filter((each) => !passed(each)).length
  const cases = files.flatMap(({ file, outcomes }) => outcomes.map((each) => testCase(file, each)))
  const head = `tests="${all.length}" failures="${failed}" time="${(millis / 1000).toFixed(3)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${head}>\n  <testsuite name="${escaped(suite)}" ${head}>\n${cases.join('')}  </testsuite>\n</testsuites>\n`
}

function testCase(file: string, outcome: Outcome): string {
  const open = `    <testcase name="${escaped(outcome.fixture.name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${outcome.fixture.line}"`
  if (passed(outcome)) return `${open}/>\n`
  return `${open}>\n      <failure message="what came out differs">${escaped(differences(outcome).join('\n'))}</failure>\n    </testcase>\n`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** XML 1.0 has no way to write most control characters. */
function escaped(text: string): string {
  return text
    .replaceAll(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '\ufffd',
    )
    .replaceAll(/[&<>"']/g, (character) => entities[character]!)
}
