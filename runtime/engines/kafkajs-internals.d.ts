/** The part of kafkajs 2.2.4 that `kafka-timer.ts` mends. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  interface RequestQueue {
    readonly pending: readonly unknown[]
    /** Milliseconds since the epoch, or -1. */
    readonly throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
  const constructor: { readonly prototype: RequestQueue }
  export default constructor
}
