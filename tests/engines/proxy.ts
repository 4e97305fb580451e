/** A server in front of another one, for answers that get lost, come late, or are not the engine's. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `pass` hands on; `lose` lets the request be carried out and drops the answer; anything else is the answer itself. */
export type Verdict =
  | 'pass'
  | 'lose'
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }

export interface Proxy {
  readonly url: string
  /** `POST /tableConfigs`, in order of arrival. */
  readonly requests: readonly string[]
  stop(): Promise<void>
}

export async function startProxy(
  target: string,
  judge: (request: string, nth: number) => Verdict,
): Promise<Proxy> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`
    requests.push(name)
    const nth = requests.filter((each) => each === name).length
    answer(target, judge(name, nth), request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(
  target: string,
  verdict: Verdict,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (typeof verdict === 'object') {
    response.writeHead(verdict.status, verdict.headers)
    response.end(typeof verdict.body === 'string' ? verdict.body : JSON.stringify(verdict.body))
    return
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const reply = await fetch(target + request.url, {
    method: request.method ?? 'GET',
    headers: { 'content-type': 'application/json' },
    ...(body.length === 0 ? {} : { body }),
  })
  const text = await reply.text()
  if (verdict === 'lose') return void response.destroy()
  response.writeHead(reply.status, { 'content-type': 'application/json' })
  response.end(text)
}
