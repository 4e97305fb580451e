import type { PipelineDocument } from '../document.ts'
import type { BasicAuth, Environment } from '../ir.ts'

type Documented = NonNullable<PipelineDocument['environments']>[string]

/** The schema has seen to it that secrets are references; nothing here can be wrong. */
export function resolveEnvironments(document: PipelineDocument): readonly Environment[] {
  return Object.entries(document.environments ?? {}).map(([name, each]) => ({
    name,
    kafka: resolveKafka(each.kafka),
    flink:
      each.flink === undefined
        ? null
        : { gateway: each.flink.gateway, rest: each.flink.rest ?? null, auth: auth(each.flink.auth) },
    ksqldb: each.ksqldb === undefined ? null : { url: each.ksqldb.url, auth: auth(each.ksqldb.auth) },
    spark:
      each.spark === undefined
        ? null
        : {
            rest: each.spark.rest,
            master: each.spark.master ?? null,
            ui: each.spark.ui ?? null,
            checkpoints: each.spark.checkpoints ?? null,
            auth: auth(each.spark.auth),
          },
    pinot:
      each.pinot === undefined
        ? null
        : {
            controller: each.pinot.controller,
            broker: each.pinot.broker ?? null,
            auth: auth(each.pinot.auth),
          },
  }))
}

function auth(documented: { username: string; password: string } | undefined): BasicAuth | null {
  return documented === undefined ? null : { username: documented.username, password: documented.password }
}

function resolveKafka(kafka: Documented['kafka']): Environment['kafka'] {
  if (kafka === undefined) return null
  const { bootstrap_servers: bootstrapServers, security } = kafka
  if (security === undefined) return { bootstrapServers, security: null }
  return {
    bootstrapServers,
    security: {
      protocol: security.protocol,
      mechanism: security.mechanism ?? null,
      username: security.username ?? null,
      password: security.password ?? null,
      ca: security.ca ?? null,
    },
  }
}
