/** Prints `N passed, N failed, N skipped` of vitest's JSON reports together, and before it which passed only at a second try. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const reports = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')))

// What passed at once has no messages; those of a first try stay.
const again = reports
  .flatMap(({ testResults }) => testResults)
  .flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
      .map(({ fullName, failureMessages }) => {
        const [reason] = failureMessages[0].split('\n')
        return `  ${relative(process.cwd(), name)}: ${fullName}\n    ${reason}`
      }),
  )
if (again.length > 0) console.log(`${again.length} passed only at a second try:\n${again.join('\n')}`)

const total = (...keys) =>
  reports.flatMap((report) => keys.map((key) => report[key])).reduce((sum, each) => sum + each, 0)
const [passed, failed] = [total('numPassedTests'), total('numFailedTests')]
console.log(`${passed} passed, ${failed} failed, ${total('numPendingTests', 'numTodoTests')} skipped`)
