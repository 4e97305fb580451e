/** Until a table answers queries: Pinot says "added" before any server or broker knows of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { ProgressStep } from '../progress.ts'
import { consumption, type Pinot, query } from './pinot-client.ts'
import type { Documents, Fields } from './pinot-documents.ts'

const pause = 200

/** Two minutes; 2 s is usual. */
const attempts = 600

/** Throws Failure with Pinot's last words when it does not get there. */
export async function answers(
  client: Pinot,
  { tableName, schema }: Documents,
  signal: AbortSignal,
  step: ProgressStep,
): Promise<void> {
  const probe = `SELECT ${columnNames(schema).map(identifier).join(', ')} FROM ${identifier(tableName)} LIMIT 1`
  for (let attempt = 1; ; attempt++) {
    const problem = (await query(client, probe)).problem ?? (await consumptionProblem(client, tableName))
    if (problem === null) return step.update(1)
    if (attempt === attempts) throw silentTable(tableName, problem)
    step.update(0, 'waiting until it answers queries')
    await sleep(pause, undefined, { signal })
  }
}

async function consumptionProblem(client: Pinot, table: string): Promise<string | null> {
  const segments = await consumption(client, table)
  if (segments === null || segments.length === 0) return 'No server reads the topic yet.'
  const stopped = segments.find(({ consumerState }) => consumerState !== 'CONSUMING')
  return stopped === undefined ? null : `${stopped.serverName} is ${stopped.consumerState}.`
}

function silentTable(table: string, problem: string): Failure {
  return new Failure(`Pinot has the table "${table}" and does not serve it after two minutes.`, {
    detail: problem,
    next: "Look at the table's segments on Pinot's page, and at the server's log.",
  })
}

function columnNames(schema: Fields): readonly string[] {
  return ['dateTimeFieldSpecs', 'dimensionFieldSpecs', 'metricFieldSpecs'].flatMap((list) =>
    ((schema[list] ?? []) as { readonly name: string }[]).map(({ name }) => name),
  )
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
