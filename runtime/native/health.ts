/** Whether a process does its work yet: each engine's own health request, asked once. */
import { connect } from 'node:net'
import { send } from '../http.ts'
import type { Probe } from './service.ts'

const patience = 5_000

/** One look; false for everything that is not a good answer. */
export async function holds(probe: Probe, signal: AbortSignal): Promise<boolean> {
  switch (probe.kind) {
    case 'port':
      return (await exchange(probe.port, null)) !== null
    case 'kafka':
      return brokerCount(await exchange(probe.port, metadataRequest())) > 0
    case 'http':
      return httpHolds(probe, signal)
  }
}

async function httpHolds(probe: Probe & { kind: 'http' }, signal: AbortSignal): Promise<boolean> {
  // Nothing listens for most of a start: looking for that first keeps the retries of a refused request out of it.
  const { origin, pathname, port } = new URL(probe.url)
  if ((await exchange(Number(port), null)) === null) return false
  try {
    const server = { engine: 'The engine', endpoint: { url: origin, auth: null }, signal }
    const answer = await send(server, {
      method: 'GET',
      path: pathname,
      accept: '*/*',
      timeout: patience,
      repeatable: false,
    })
    return answer.status === 200 && probe.holds(answer.text)
  } catch {
    signal.throwIfAborted()
    return false
  }
}

/** Connects, and where there is a request sends it and gives the first whole answer; null when that fails. */
function exchange(port: number, request: Buffer | null): Promise<Buffer | null> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const socket = connect({ port, host: '127.0.0.1', timeout: patience })
    const end = (answer: Buffer | null) => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .on('error', () => end(null))
      .on('timeout', () => end(null))
      .on('close', () => end(null))
    socket.on('connect', () => (request === null ? end(received) : socket.write(request)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) end(received)
    })
  })
}

/** Kafka's Metadata request, version 1, for no topic: its answer lists the brokers that are members of the cluster. */
export function metadataRequest(): Buffer {
  const client = Buffer.from('pipec')
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4)
  let at = frame.writeInt32BE(frame.length - 4, 0)
  at = frame.writeInt16BE(3, at)
  at = frame.writeInt16BE(1, at)
  at = frame.writeInt32BE(1, at)
  at = frame.writeInt16BE(client.length, at)
  at += client.copy(frame, at)
  frame.writeInt32BE(0, at)
  return frame
}

/** The number after the frame's length and the request's number, which the answer repeats. */
export function brokerCount(answer: Buffer | null): number {
  return answer === null || answer.length < 12 ? 0 : answer.readInt32BE(8)
}
