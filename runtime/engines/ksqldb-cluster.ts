/** Whether ksqlDB reads the Kafka that pipec writes to: on another one a query would run for ever and find nothing. */
import { Failure } from '../failure.ts'
import { send } from '../http.ts'
import type { Context } from './engine.ts'
import { withAdmin } from './kafka-client.ts'
import type { Session } from './ksqldb-client.ts'

/** Throws Failure when both say which cluster theirs is, and it is not the same. */
export async function refuseOtherKafka({ server }: Session, { endpoints, signal }: Context): Promise<void> {
  const answer = await send(server, { method: 'GET', path: '/info' })
  if (answer.status !== 200) return
  const info = answer.json() as { readonly KsqlServerInfo?: { readonly kafkaClusterId?: string } }
  const theirs = info.KsqlServerInfo?.kafkaClusterId
  if (theirs === undefined) return
  const { clusterId: ours } = await withAdmin(endpoints.kafka, (admin) => admin.describeCluster(), signal)
  if (ours === theirs) return
  throw new Failure(
    `ksqlDB at ${server.endpoint.url} reads another Kafka (cluster ${theirs}) than ${endpoints.kafka.bootstrapServers} (cluster ${ours}).`,
    {
      next: 'Start ksqlDB with `bootstrap.servers` at this Kafka, or name the other one in the environment.',
    },
  )
}
