/** The lock of a broker that is not there. What it does on a real one, the tests of the engines hold. */
import { expect, test } from 'vitest'
import { isBrokenOff, isLoading } from '../../../runtime/engines/kafka-failure.ts'
import { type Lock, withLock } from '../../../runtime/engines/kafka-lock.ts'
import { isFailure } from '../../../runtime/failure.ts'

/** Nothing listens on the discard port. */
const nowhere = '127.0.0.1:9'

function lockUntil(signal: AbortSignal, retry: Lock['retry']): Promise<unknown> {
  const endpoint = { bootstrapServers: nowhere, engineBootstrapServers: nowhere, security: null }
  const lock = { endpoint, pipeline: 'p', topic: 't', signal, since: 0, onWait: () => {} }
  const work = withLock({ ...lock, ...(retry === undefined ? {} : { retry }) }, async () => expect.fail())
  return work.catch((error: unknown) => error)
}

test('a broker that went away before the lock is told as that, and is no bug', async () => {
  const error = await lockUntil(new AbortController().signal, { retries: 1, initialRetryTime: 10 })
  if (!isFailure(error)) throw error
  expect(error.message).toBe(`Kafka at ${nowhere} cannot be reached: connect ECONNREFUSED ${nowhere}.`)
  expect(error.next).toContain('pipec up')
})

test('a broker that still loads its groups is waited for, one that refuses is not', () => {
  const answered = (type: string) => Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type })
  expect(isLoading(answered('GROUP_LOAD_IN_PROGRESS'))).toBe(true)
  expect(isLoading(new Error('retries', { cause: answered('NOT_COORDINATOR_FOR_GROUP') }))).toBe(true)
  expect(isLoading(answered('GROUP_AUTHORIZATION_FAILED'))).toBe(false)
  expect(isLoading(new Error('connect ECONNREFUSED'))).toBe(false)
})

test('an answer that was lost with its connection is asked for again, unless that was tried for long already', () => {
  const thrown = (name: string) => Object.assign(new Error(name), { name })
  expect(isBrokenOff(thrown('KafkaJSConnectionClosedError'))).toBe(true)
  expect(isBrokenOff(thrown('KafkaJSConnectionError'))).toBe(true)
  const cause = thrown('KafkaJSConnectionError')
  const given = Object.assign(new Error('retries', { cause }), { name: 'KafkaJSNumberOfRetriesExceeded' })
  expect(isBrokenOff(given)).toBe(false)
})

test('Ctrl-C does not wait for it', async () => {
  const stop = new AbortController()
  const reason = new Error('stopped')
  setTimeout(() => stop.abort(reason), 100)
  const began = Date.now()
  // Hundreds of attempts: without the signal the test would meet its own deadline.
  expect(await lockUntil(stop.signal, { retries: 500, initialRetryTime: 100, maxRetryTime: 200 })).toBe(
    reason,
  )
  expect(Date.now() - began).toBeLessThan(3_000)
})
