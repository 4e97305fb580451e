/** What kafkajs 2.2.4, the last one, does wrong, mended in its own classes. */
import type { BrokerPool } from 'kafkajs/src/cluster/brokerPool.js'
import type { Connection } from 'kafkajs/src/network/connection.js'
import type { RequestQueue } from 'kafkajs/src/network/requestQueue/index.js'

/** May be called again: each bundled command has a copy of this file, and all of them the same kafkajs. */
export async function mendKafkajs(): Promise<void> {
  const [queue, connection, pool] = await Promise.all([
    import('kafkajs/src/network/requestQueue/index.js'),
    import('kafkajs/src/network/connection.js'),
    import('kafkajs/src/cluster/brokerPool.js'),
  ])
  once(queue.default.prototype, armTimerOnlyToWait)
  once(connection.default.prototype, forgetHalfAnswers)
  once(pool.default.prototype, sayWhatBrokersSaid)
}

/** A name of its own would not do as a mark: the bundler takes functions' names away. */
function once<T extends object>(prototype: T, mend: (prototype: T) => void): void {
  const mark = Symbol.for('pipec.mended')
  if (Object.hasOwn(prototype, mark)) return
  Object.defineProperty(prototype, mark, { value: true })
  mend(prototype)
}

/**
 * It looks for waiting requests with a timer that it arms anew whenever it fires, and whose delay is negative when
 * nothing waits: every connection wakes a thousand times a second, for a twentieth of a core, and Node 24 warns of it on
 * stderr. Armed only when something waits, it does the same work.
 */
function armTimerOnlyToWait(prototype: RequestQueue): void {
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function scheduleWhenWaiting() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
  }
}

/**
 * It connects anew with what it has read of an answer that was cut still in its buffer, takes the next answers for the
 * rest of that one, and none of them for what it is.
 */
function forgetHalfAnswers(prototype: Connection): void {
  const { connect } = prototype
  prototype.connect = function connectAfresh() {
    if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: 4 })
    return connect.call(this)
  }
}

/**
 * It answers `null` when every broker has failed, which its callers, asking for metadata or a group's coordinator, take
 * for an answer; and what the brokers said, by which it would ask again or give up, is lost.
 */
function sayWhatBrokersSaid(prototype: BrokerPool): void {
  const { withBroker } = prototype
  prototype.withBroker = async function withBrokerOrReason(use) {
    let reason: unknown = null
    const answer = await withBroker.call(this, (broker) =>
      use(broker).catch((error: unknown) => {
        reason = error
        throw error
      }),
    )
    if (answer === null && reason !== null) throw reason
    return answer
  }
}
