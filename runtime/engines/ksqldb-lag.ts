/**
 * How much a query has yet to read. Its description does not tell: the `endOffset` of `tasksMetadata` is that of the last
 * record fetched, however many are left (KafkaStreams, StreamThread.pollPhase). DESCRIBE … EXTENDED asks Kafka for the
 * ends of all topics that the query's group reads, its repartition topic among them.
 */
import { ask, type Entity, entitiesOf, type Session } from './ksqldb-client.ts'
import { quoted } from './ksqldb-text.ts'

interface Described extends Entity {
  readonly sourceDescription: {
    readonly name: string
    readonly queryOffsetSummaries: readonly {
      readonly topicSummaries: readonly { readonly offsets: readonly PartitionOffsets[] }[]
    }[]
  }
}

interface PartitionOffsets {
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** 0 where the group has committed none. */
  readonly consumerOffset: number
}

/** Records by the stream or table that the query fills; none for a query that has not committed yet. */
export async function lags(session: Session, sinks: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (sinks.length === 0) return new Map()
  const answer = await ask(session, sinks.map((name) => `DESCRIBE ${quoted(name)} EXTENDED;`).join(' '))
  // One of them has gone since it was listed, or Kafka does not answer: no reason to say less about the others.
  if (answer.status !== 200) return new Map()
  return new Map(
    entitiesOf(session, answer)
      .filter((each): each is Described => each['@type'] === 'sourceDescription')
      .flatMap(({ sourceDescription: { name, queryOffsetSummaries } }) => {
        const offsets = queryOffsetSummaries
          .flatMap(({ topicSummaries }) => topicSummaries)
          .flatMap((topic) => topic.offsets)
        return offsets.length === 0 ? [] : [[name, offsets.reduce((sum, each) => sum + left(each), 0)]]
      }),
  )
}

function left({ logStartOffset, logEndOffset, consumerOffset }: PartitionOffsets): number {
  return Math.max(0, logEndOffset - Math.max(logStartOffset, consumerOffset))
}
