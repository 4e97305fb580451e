/** Which services Compose has running, and which of them belong to what `up` was asked for. */
import { Failure } from '../failure.ts'
import type { LocalEngine } from '../local.ts'
import { type Compose, compose } from './compose.ts'

export async function runningServices(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['ps', '--services', '--status', 'running']))
}

/** Those with a container, whatever state it is in. */
export async function presentServices(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['ps', '--services', '--all']))
}

/** The services that the profiles select. */
export async function wantedServices(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['config', '--services']))
}

export async function profilesOf(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['config', '--profiles']))
}

/** As Compose says it: COMPOSE_PROJECT_NAME, in the environment or in an .env, goes before the file's own name. */
export async function projectOf(settings: Compose): Promise<string> {
  const found: string[] = []
  await compose(settings, ['config'], (line) => {
    const name = /^name: "?([a-z0-9][a-z0-9_-]*)"?$/.exec(line)?.[1]
    if (name !== undefined) found.push(name)
  })
  const [project] = found
  if (project !== undefined) return project
  throw new Failure('`docker compose config` does not say what the project is called.', {
    next: 'Run `pipec build` to write the compose file anew.',
  })
}

/** Compose's warnings come along with its answers. */
function names(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => /^[a-z0-9-]+$/.test(line))
}

/** As a person calls them; the compose file's own name for one that is not here. */
export function titlesOf(services: readonly string[]): readonly string[] {
  return services.map((service) => titles[service] ?? service)
}

const titles: Readonly<Record<string, string>> = {
  kafka: 'Kafka',
  'kafka-ui': 'Kafka UI',
  'flink-jobmanager': "Flink's JobManager",
  'flink-taskmanager': "Flink's TaskManager",
  'flink-sql-gateway': "Flink's SQL Gateway",
  ksqldb: 'ksqlDB',
  'spark-master': "Spark's master",
  'spark-worker': "Spark's worker",
  zookeeper: 'ZooKeeper',
  pinot: 'Pinot',
}

const engines: readonly LocalEngine[] = ['flink', 'ksqldb', 'spark', 'pinot']

/** A profile bears its engine's name, and a service begins with it; Kafka is in none, because every engine needs it. */
export function enginesOf(names: readonly string[]): readonly LocalEngine[] {
  const first = names.map((name) => name.split('-')[0])
  return engines.filter((engine) => first.includes(engine))
}
