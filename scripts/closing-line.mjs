/** Prints `N passed, N failed, N skipped` from vitest's JSON report, and before it which passed only at a second try. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))

// What passed at once has no messages; those of a first try stay.
const again = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults
    .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
    .map(({ fullName, failureMessages }) => {
      const [reason] = failureMessages[0].split('\n')
      return `  ${relative(process.cwd(), name)}: ${fullName}\n    ${reason}`
    }),
)
if (again.length > 0) console.log(`${again.length} passed only at a second try:\n${again.join('\n')}`)

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`)
