/** Pipelines on a ksqlDB that is at hand, one after the other: what it cannot do is taken out of them first. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedEngine } from '../../runtime/embedded/engine.ts'
import { converge, type Lab, randomName } from '../engines/ksqldb-lab.ts'
import type { Case } from './case.ts'
import { type Difference, differences, parse } from './compare.ts'
import { type Prepared, prepare } from './prepare.ts'
import { Topics } from './topics.ts'

/** The case without what the capability table denies to ksqlDB, or null where nothing would be left of it. */
export function ableOnKsqldb({ parts, ...rest }: Case): Case | null {
  // A row exactly at the end of a session that is final may join it on Kafka Streams.
  const unlikeSession = parts.window.type === 'session' && (parts.partitions > 1 || parts.late)
  if (parts.window.offset !== undefined || unlikeSession) return null
  const metrics = Object.entries(parts.metrics).filter(([, text]) => !text.includes('distinct'))
  return metrics.length === 0 ? null : { ...rest, parts: { ...parts, metrics: Object.fromEntries(metrics) } }
}

export interface KsqldbVerdict {
  readonly case: Prepared
  readonly differences: readonly Difference[]
}

/** Null for rows before 1970: Kafka Streams skips records of negative times, and has no window that begins there. */
export async function judgeOnKsqldb(
  lab: Lab,
  embedded: EmbeddedEngine,
  each: Case,
): Promise<KsqldbVerdict | null> {
  const prepared = await prepare(embedded, each, randomName(), ['ksqldb'])
  if (prepared.flushed.some(([start]) => Number(start) < 0)) return null
  const { name, output } = prepared
  const resource = output.manifest.resources.find(({ kind }) => kind === 'ksqldb-query')
  if (resource?.kind !== 'ksqldb-query') throw new TypeError('the pipeline has no ksqlDB')
  const built = { name, resource, text: output.files.get(resource.file)! }
  const topics = new Topics(lab.endpoints.kafka.bootstrapServers)
  try {
    await topics.make([prepared])
    await topics.fill([prepared])
    await converge(lab, built)
    return { case: prepared, differences: await compared(prepared, topics) }
  } finally {
    await converge(lab, built, null)
    await topics.clear()
  }
}

/** Looks again while rows may still come: ksqlDB never says that it is done. */
async function compared(each: Prepared, topics: Topics): Promise<readonly Difference[]> {
  const { parts, loose } = each.of
  const updates = parts.partitions > 1
  const rows = updates ? each.flushed : each.closed
  const wanted = { columns: each.columns, rows, keys: 2 + parts.groupBy.length, loose }
  const deadline = Date.now() + 60_000
  for (;;) {
    await sleep(1_500)
    const texts = (await topics.read([`${each.name}_ksqldb`])).get(`${each.name}_ksqldb`)!
    const found = differences(wanted, updates ? lastOfEach(texts, each.columns.slice(0, wanted.keys)) : texts)
    if (found.length === 0 || Date.now() > deadline) return found
  }
}

/** Under `emit: changes` a reader keeps the last record of each window and group. */
function lastOfEach(texts: readonly string[], keys: Prepared['columns']): readonly string[] {
  const last = new Map<string, string>()
  for (const text of texts) {
    const row = parse(text)
    last.set(JSON.stringify(keys.map(({ name }) => row[name])), text)
  }
  return [...last.values()]
}
