/** A query that was accepted may still fail: it counts as running when it is found so twice, without new errors. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { KsqldbQueryResource } from '../../compiler/manifest.ts'
import { Failure } from '../failure.ts'
import type { Session } from './ksqldb-client.ts'
import type { Names } from './ksqldb-identity.ts'
import { type Live, type LiveQuery, look } from './ksqldb-observe.ts'

/**
 * Throws Failure with the query's own errors, or when it does not run in time.
 *
 * @param before what was there before: where one was paused, the errors of then are no answer to its being resumed.
 */
export async function untilRunning(
  session: Session,
  names: Names,
  desired: KsqldbQueryResource,
  before: Live,
): Promise<void> {
  const { patience, server } = session
  const deadline = session.now() + patience.running
  for (let found = 0; found < 2; ) {
    const live = await look(session, names)
    const broken = live.queries.find((query) => isBroken(query, before))
    if (broken !== undefined) throw failed(broken, desired)
    found = runs(live, desired) ? found + 1 : 0
    if (found < 2 && session.now() >= deadline) throw late(live, desired, patience.running)
    if (found < 2)
      await sleep(found === 0 ? patience.poll : patience.settle, undefined, { signal: server.signal })
  }
}

/** ksqlDB takes properties whose values make no sense, and tells only here. */
function isBroken({ id, state, lastErrorAt }: LiveQuery, before: Live): boolean {
  if (state === 'ERROR') return true
  const resumed = before.queries.some((each) => each.state === 'PAUSED')
  const known = resumed ? before.queries.find((each) => each.id === id)?.lastErrorAt : undefined
  return lastErrorAt > (known ?? -Infinity)
}

/** One query for each stream but the first, and for the table. */
function runs({ queries }: Live, { streams, tables, hash }: KsqldbQueryResource): boolean {
  const running = queries.filter(({ state, mark }) => state === 'RUNNING' && mark?.hash === hash)
  return running.length === streams.length - 1 + tables.length
}

function failed({ id, state, errors }: LiveQuery, { line }: KsqldbQueryResource): Failure {
  const words = errors.length === 0 ? 'ksqlDB gives no reason.' : errors.join('\n')
  return new Failure(
    `ksqlDB has accepted the query of pipeline.yaml line ${line}, but it does not run: ${id} is ${state}.`,
    {
      detail: words,
      next: "Look at the server's log for more; after a change of pipeline.yaml, build and apply again.",
    },
  )
}

function late({ queries }: Live, { line, name }: KsqldbQueryResource, waited: number): Failure {
  const states = queries.map(({ id, state }) => `${id}: ${state}`).join('\n')
  return new Failure(
    `The query ${name} of pipeline.yaml line ${line} does not run after ${waited / 1000} s.`,
    {
      detail: states === '' ? 'ksqlDB lists no query under its name.' : states,
      next: "Look at the server's log, then apply again.",
    },
  )
}
