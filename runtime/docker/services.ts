/** Which services Compose has running, and which of them belong to what `up` was asked for. */
import type { LocalEngine } from '../local.ts'
import { type Compose, compose } from './compose.ts'

export async function runningServices(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['ps', '--services', '--status', 'running']))
}

/** The services that the profiles select. */
export async function wantedServices(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['config', '--services']))
}

export async function profilesOf(settings: Compose): Promise<readonly string[]> {
  return names(await compose(settings, ['config', '--profiles']))
}

/** Compose's warnings come along with its answers. */
function names(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => /^[a-z0-9-]+$/.test(line))
}

/** Titles by service; the compose file's own name for one that is not here. */
export const titles: Readonly<Record<string, string>> = {
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

/** A profile bears its engine's name; Kafka is in none, because every engine needs it. */
export function engineOf(profile: string): LocalEngine | null {
  const engines: readonly LocalEngine[] = ['flink', 'ksqldb', 'spark', 'pinot']
  return engines.find((engine) => engine === profile) ?? null
}
