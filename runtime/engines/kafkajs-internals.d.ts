/** The parts of kafkajs 2.2.4 that `kafka-mends.ts` mends. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export interface RequestQueue {
    readonly pending: readonly unknown[]
    /** Milliseconds since the epoch, or -1. */
    readonly throttledUntil: number
    scheduleCheckPendingRequests(): void
  }
  const constructor: { readonly prototype: RequestQueue }
  export default constructor
}

declare module 'kafkajs/src/network/connection.js' {
  export interface Connection {
    isConnected(): boolean
    connect(): Promise<unknown>
  }
  const constructor: { readonly prototype: Connection }
  export default constructor
}

declare module 'kafkajs/src/cluster/brokerPool.js' {
  export interface BrokerPool {
    withBroker(use: (broker: unknown) => Promise<unknown>): Promise<unknown>
  }
  const constructor: { readonly prototype: BrokerPool }
  export default constructor
}
