/** Flink's own words, without its stack traces and without secrets. */
import type { FlinkJobResource } from '../../compiler/manifest.ts'
import type { Endpoints } from '../endpoints.ts'
import { redact } from '../environment.ts'
import { Failure } from '../failure.ts'

/** The innermost cause: the last `Caused by:` line, else the first line that says something. */
export function rootCause(stack: string): string {
  const lines = stack.split('\n').map((line) => line.trim())
  const caused = lines
    .filter((line) => line.startsWith('Caused by: '))
    .at(-1)
    ?.slice('Caused by: '.length)
  const first = lines.find(
    (line) => line !== '' && line !== 'Internal server error.' && !line.startsWith('<'),
  )
  return withoutPackage(caused ?? first ?? stack.trim())
}

function withoutPackage(cause: string): string {
  return cause.replace(/^(?:[a-z][\w$]*\.)+(?=[A-Z])/, '')
}

/** Names the line of pipeline.yaml that asked for the job; `statement` is what Flink was told. */
export function refused(job: FlinkJobResource, cause: string, statement: string): Failure {
  return new Failure(`Flink refused ${job.name} (pipeline.yaml:${job.line}): ${cause}`, {
    detail: statement,
    next: 'Nothing was started. If the statement is what pipeline.yaml says, this is a bug of pipec: please report it.',
  })
}

/** Flink says what a statement said, and with it what the environment's Kafka was given. */
export function withoutSecrets(text: string, { kafka, flink }: Endpoints): string {
  return redact(text, [kafka.security?.password ?? '', flink?.auth?.password ?? ''])
}
