/** Pipelines for verify's own tests, compiled from few words. */
import { compile } from '../../../compiler/compile.ts'
import type { Pipeline } from '../../../compiler/ir.ts'
import { groupKey, type StreamRow } from '../../../runtime/verify/rows.ts'

export interface Words {
  readonly partitions?: number
  readonly window?: string
  readonly metrics?: string
  readonly more?: string
}

export function yamlOf({ partitions = 1, window, metrics, more = '' }: Words = {}): string {
  return `name: orders
source:
  topic: orders
  partitions: ${partitions}
  fields: { user: string, amount: int, price: "decimal(10,2)", weight: double, status: string, at: timestamp }
  event_time: { field: at, format: epoch_millis, watermark_delay: 2s }
where: status = 'ok'
window: ${window ?? '{ type: tumbling, size: 10s }'}
group_by: [user]
metrics: ${metrics ?? '{ total: sum(amount), rows: count(*), mean: avg(price), most: max(weight) }'}
engines: { flink: { topic: orders_flink }, spark: { topic: orders_spark } }
${more}`
}

export function pipelineOf(words: Words = {}): Pipeline {
  const { output, diagnostics } = compile(yamlOf(words))
  if (output === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return output.pipeline
}

/** Rows of one group, by partition and time in seconds; the amount is the row's place. */
export function rowsAt(arrivals: readonly (readonly [partition: number, seconds: number])[]): StreamRow[] {
  return arrivals.map(([partition, seconds], record) => ({
    record,
    partition,
    time: seconds * 1000,
    group: ['ada'],
    groupKey: groupKey(['ada']),
    values: [BigInt(record), true, 100n * BigInt(record), record / 2],
  }))
}
