/**
 * kafkajs 2.2.4, the last one, looks for waiting requests with a timer that it arms anew whenever it fires, and whose
 * delay is negative when nothing waits: every connection wakes a thousand times a second, for a twentieth of a core, and
 * Node 24 warns of it on stderr. Armed only when something waits, it does the same work.
 */
export async function mendTimer(): Promise<void> {
  const { default: queue } = await import('kafkajs/src/network/requestQueue/index.js')
  const { prototype } = queue
  const schedule = prototype.scheduleCheckPendingRequests
  if (schedule.name === 'scheduleWhenWaiting') return
  prototype.scheduleCheckPendingRequests = function scheduleWhenWaiting() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this)
  }
}
