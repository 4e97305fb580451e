/** Tables: made, changed, replaced and deleted, and only those that bear the pipeline's name. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PinotTableResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import { Lost, type Response } from '../http.ts'
import type { ProgressStep } from '../progress.ts'
import type { Context, Engine } from './engine.ts'
import {
  expectPinots,
  openSegments,
  type Pinot,
  pause as pauseTable,
  pinotOf,
  post,
  put,
  refusal,
  remove,
  resume,
  schemaOf,
  tableOf,
  validate,
  versionOf,
  wordsOf,
} from './pinot-client.ts'
import {
  type ActualTable,
  compareTable,
  differencesOf,
  ownerOf,
  readsOtherwise,
  type TableChange,
} from './pinot-compare.ts'
import { inDialect } from './pinot-dialect.ts'
import { customOf, type Documents, type Fields, marked, marks, wantedDocuments } from './pinot-documents.ts'
import { observeTables } from './pinot-observe.ts'
import { markTopic, topicMarks } from './pinot-topic.ts'
import { answers } from './pinot-wait.ts'

export const pinot: Engine<PinotTableResource, ActualTable> = {
  key: 'pinot',
  kinds: ['pinot-table'],
  observe: observeTables,
  compare: compareTable,
  apply,
}

async function apply(change: TableChange, context: Context, step: ProgressStep): Promise<void> {
  switch (change.action) {
    case 'unchanged':
      return served(required(change), context, step)
    case 'refuse':
      throw new Failure(`${change.address}: ${change.reason}`)
    case 'create':
      return create(required(change), context, step)
    case 'update':
      return update(change, context, step)
    case 'replace':
      await removeOurs(required(change).table, context)
      return create(required(change), context, step)
    case 'delete':
      return removeOurs(change.actual?.detail.table ?? '', context)
  }
}

function required({ desired }: TableChange): PinotTableResource {
  if (desired === null) throw new TypeError('a table to make is not described')
  return desired
}

async function served(resource: PinotTableResource, context: Context, step: ProgressStep): Promise<void> {
  const client = pinotOf(context)
  const documents = await documentsFor(client, resource, context)
  await answers(client, documents, context.signal, step)
}

async function create(resource: PinotTableResource, context: Context, step: ProgressStep): Promise<void> {
  const client = pinotOf(context)
  const documents = await documentsFor(client, resource, context)
  await validate(client, documents)
  await place(client, documents, context, step)
  await answers(client, documents, context.signal, step)
}

/**
 * Repeats nothing: `PUT` of the same documents changes nothing, and `reload` is harmless. An open segment goes on reading as it
 * was opened, from the old address and with the old login, for up to a day: such a change pauses the table first, so
 * that wherever apply is cut off the next plan finds it paused, and lets it read on.
 */
async function update(change: TableChange, context: Context, step: ProgressStep): Promise<void> {
  const resource = required(change)
  const client = pinotOf(context)
  const documents = await documentsFor(client, resource, context)
  await validate(client, documents)
  await expectOurs(client, resource.table, context)
  const reopens = readsOtherwise(change)
  if (reopens) await closeSegments(client, resource.table, context, step)
  await put(client, documents)
  if (reopens || change.actual?.detail.stop != null) await resume(client, resource.table)
  await answers(client, documents, context.signal, step)
}

/** Gives up after half a minute without a fault: a segment that ends later is followed by one that reads as it should. */
async function closeSegments(
  client: Pinot,
  table: string,
  { signal }: Context,
  step: ProgressStep,
): Promise<void> {
  await pauseTable(client, table)
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if ((await openSegments(client, table)).length === 0) return
    step.update(0, 'waiting until it has stopped reading')
    await sleep(pause, undefined, { signal })
  }
}

/**
 * As this Pinot wants them, marked. The topic is looked for first: without it Pinot fails only after 16 s, and where it
 * cannot reach Kafka at all after 225 s.
 */
async function documentsFor(
  client: Pinot,
  resource: PinotTableResource,
  context: Context,
): Promise<Documents> {
  const { kafka } = context.endpoints
  const topics = await topicMarks(kafka, [resource.topic], context.signal)
  if (!topics.has(resource.topic)) {
    throw new Failure(
      `The topic "${resource.topic}" that Pinot's table "${resource.table}" reads is not there.`,
      {
        next: `Run \`pipec apply\` for ${resource.engine}, which writes it, and look at \`pipec status\`.`,
      },
    )
  }
  const mark = await markTopic(kafka, resource.topic, context.now(), context.signal)
  const documents = inDialect(wantedDocuments(resource, context), await versionOf(client))
  return marked(documents, resource.hash, mark)
}

const pause = 250

/** About 30 s: after a deletion Pinot says "External view … still exists" for half a second. */
const attempts = 120

/** Puts the table there. An answer that is lost, or says that something is there already, is settled by looking. */
async function place(
  client: Pinot,
  documents: Documents,
  context: Context,
  step: ProgressStep,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    step.update(0, 'Pinot is looking at the topic')
    const answer = await postOrLost(client, documents)
    if (answer !== null && answer.status === 200) return expectPinots(answer)
    const settled = await settle(client, documents, answer, context)
    if (settled) return
    if (attempt === attempts) throw notPlaced(client, documents, answer)
    await sleep(pause, undefined, { signal: context.signal })
  }
}

/** Null where nobody knows whether it was carried out; a proxy that gives up waiting (502, 504) does not know either. */
async function postOrLost(client: Pinot, documents: Documents): Promise<Response | null> {
  try {
    const answer = await post(client, documents)
    return answer.status === 502 || answer.status === 504 ? null : answer
  } catch (error) {
    if (error instanceof Lost) return null
    throw error
  }
}

/** Whether it is there after all; false to send it again. */
async function settle(
  client: Pinot,
  documents: Documents,
  answer: Response | null,
  context: Context,
): Promise<boolean> {
  if (answer?.status === 409) return false
  if (answer !== null && !/already exists/.test(wordsOf(answer))) throw notPlaced(client, documents, answer)
  const live = await tableOf(client, documents.tableName)
  if (live !== null) return adopt(client, documents, live, context)
  await clearSchema(client, documents)
  return false
}

async function adopt(client: Pinot, documents: Documents, live: Fields, context: Context): Promise<boolean> {
  const custom = customOf(live)
  if (ownerOf(custom) !== context.pipeline) throw foreignTable(documents.tableName)
  if (custom[marks.hash] !== customOf(documents.realtime)[marks.hash]) await put(client, documents)
  return true
}

/**
 * A creation that was cut off leaves the schema behind, and then Pinot refuses both POST ("already exists") and PUT
 * ("does not exist"). The schema goes if it is what we would have written.
 */
async function clearSchema(client: Pinot, documents: Documents): Promise<void> {
  const schema = await schemaOf(client, documents.tableName)
  if (schema === null) return
  if (differencesOf(documents, { ...documents, schema }).fields.length > 0) {
    throw new Failure(
      `Pinot has a schema "${documents.tableName}" without a table, and pipec did not write it.`,
      {
        next: 'Delete it in Pinot if nobody needs it, or give the engine another topic.',
      },
    )
  }
  await remove(client, documents.tableName)
}

function notPlaced({ controller }: Pinot, { tableName }: Documents, answer: Response | null): Failure {
  const what = `create the table "${tableName}"`
  if (answer !== null) return refusal(controller, what, answer)
  return new Failure(
    `${controller.engine} at ${controller.endpoint.url} does not ${what}: its answers get lost.`,
    {
      next: 'Look at the controller’s log, then run `pipec apply` again.',
    },
  )
}

function foreignTable(table: string): Failure {
  return new Failure(`Pinot has a table "${table}" that this pipeline did not make.`, {
    next: 'Give the engine another topic, or delete the table in Pinot.',
  })
}

/** Between plan and apply somebody may have put a table of their own there. */
async function expectOurs(client: Pinot, table: string, context: Context): Promise<void> {
  const live = await tableOf(client, table)
  if (live !== null && ownerOf(customOf(live)) !== context.pipeline) throw foreignTable(table)
}

async function removeOurs(table: string, context: Context): Promise<void> {
  const client = pinotOf(context)
  await expectOurs(client, table, context)
  await remove(client, table)
  for (let attempt = 1; (await tableOf(client, table)) !== null; attempt++) {
    if (attempt === attempts)
      throw new Failure(`Pinot has accepted the deletion of "${table}" and still has it.`)
    await sleep(pause, undefined, { signal: context.signal })
  }
}
