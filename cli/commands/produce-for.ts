import { dirname } from 'node:path'
import { resolveEnvironment } from '../../runtime/environment.ts'
import { readLocal } from '../../runtime/local.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadOutput } from '../load.ts'
import { type ProduceOptions, produce } from './produce.ts'

/** `produce` for a pipeline file and the Kafka of an environment; a file as output needs no environment. */
export async function produceFor(
  target: { readonly file: string; readonly environment: string },
  options: ProduceOptions,
  io: Io,
): Promise<ExitCode> {
  const output = loadOutput(target.file, io)
  if (output === null) return 1
  if (options.output !== null) return produce(options, output.pipeline, null, io)
  const local = await readLocal(dirname(absolute(io, target.file)))
  const { endpoints } = resolveEnvironment(target.environment, output.manifest.environments, local, io.env)
  return produce(options, output.pipeline, endpoints.kafka, io)
}
