/** Commands that work on a pipeline's source or query, given the file and, where they need it, the environment's Kafka. */
import { dirname } from 'node:path'
import type { Environment } from '../../compiler/ir.ts'
import type { KafkaEndpoint } from '../../runtime/endpoints.ts'
import { resolveEnvironment } from '../../runtime/environment.ts'
import { readLocal } from '../../runtime/local.ts'
import type { ExitCode, Io } from '../io.ts'
import { absolute, loadOutput } from '../load.ts'
import { type ProduceOptions, produce } from './produce.ts'
import { type RunOptions, run } from './run.ts'
import { type TailOptions, tail } from './tail.ts'

interface Place {
  readonly file: string
  readonly environment: string
}

export async function runFor(file: string, options: RunOptions, io: Io): Promise<ExitCode> {
  const output = loadOutput(file, io)
  if (output === null) return 1
  return run(options, output.pipeline, output.files.get('duckdb/query.sql')!, io)
}

/** A file as output needs no environment. */
export async function produceFor(place: Place, options: ProduceOptions, io: Io): Promise<ExitCode> {
  const output = loadOutput(place.file, io)
  if (output === null) return 1
  const endpoint = options.output === null ? await kafkaOf(place, output.manifest.environments, io) : null
  return produce(options, output.pipeline, endpoint, io)
}

export async function tailFor(place: Place, options: TailOptions, io: Io): Promise<ExitCode> {
  const environments = place.environment === 'local' ? [] : loadOutput(place.file, io)?.manifest.environments
  return environments === undefined ? 1 : tail(options, await kafkaOf(place, environments, io), io)
}

async function kafkaOf(
  { file, environment }: Place,
  environments: readonly Environment[],
  io: Io,
): Promise<KafkaEndpoint> {
  const local = await readLocal(dirname(absolute(io, file)))
  const { endpoints, secrets } = resolveEnvironment(environment, environments, local, io.env)
  io.hide(secrets)
  return endpoints.kafka
}
