/** What Spark itself says about a script's end, out of a driver's output. */
import { reportMark } from './spark-driver.ts'

const mostLines = 12

/** The last exception without Python's and Java's stacks and the plan that a streaming error drags along. */
export function engineWords(stdout: string): string {
  const lines = stdout.split('\n').filter((line) => !line.startsWith(reportMark))
  const start = lines.findLastIndex(isException)
  const [...rest] = start < 0 ? lines.slice(-mostLines) : lines.slice(start)
  const end = rest.findIndex((line) => /^(=== Streaming Query ===|JVM stacktrace:|\tat |\s+at )/.test(line))
  const words = end < 0 ? rest : rest.slice(0, end)
  return words.slice(0, mostLines).join('\n').trim()
}

/** `pyspark.errors.exceptions.captured.StreamingQueryException: [STREAM_FAILED] …`, at the start of a line. */
function isException(line: string): boolean {
  return /^[A-Za-z_][\w.]*(Error|Exception|Warning|Exit|Interrupt)\b(: |$)/.test(line)
}
