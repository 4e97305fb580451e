/** The language server that editors run for YAML, spoken to as an editor does: JSON-RPC over its standard streams. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const server = fileURLToPath(
  new URL('../../node_modules/yaml-language-server/bin/yaml-language-server', import.meta.url),
)
export const schemaPath = fileURLToPath(new URL('../../schema/pipeline.schema.json', import.meta.url))

export interface Place {
  /** From 0, as the protocol counts. */
  readonly line: number
  readonly character: number
}

export interface Squiggle {
  readonly message: string
  readonly range: { readonly start: Place; readonly end: Place }
}

export interface CompletionItem {
  readonly label: string
  readonly insertText?: string
  readonly documentation?: string | { readonly value: string }
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
}

const settings = {
  validate: true,
  hover: true,
  completion: true,
  schemaStore: { enable: false },
  format: { enable: false },
}

export class Editor {
  readonly #server: ChildProcess
  readonly #answers = new Map<number, (result: unknown) => void>()
  readonly #squiggles = new Map<string, (found: readonly Squiggle[]) => void>()
  #buffer = Buffer.alloc(0)
  #next = 1

  constructor() {
    this.#server = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#server.stdout!.on('data', (data: Buffer) => this.#take(data))
  }

  async start(): Promise<void> {
    const capabilities = {
      textDocument: {
        completion: { completionItem: { documentationFormat: ['markdown'], snippetSupport: true } },
        hover: { contentFormat: ['markdown'] },
      },
      workspace: { configuration: true },
    }
    await this.#ask('initialize', { processId: process.pid, rootUri: null, capabilities })
    this.#tell('initialized', {})
  }

  stop(): void {
    this.#server.kill()
  }

  /** Opens a pipeline with the schema that its first line names, as `pipec init` writes it; gives what is underlined. */
  open(name: string, text: string): Promise<readonly Squiggle[]> {
    const uri = uriOf(name)
    const found = new Promise<readonly Squiggle[]>((done) => this.#squiggles.set(uri, done))
    this.#tell('textDocument/didOpen', {
      textDocument: { uri, languageId: 'yaml', version: 1, text: withSchema(text) },
    })
    return found
  }

  async complete(name: string, { line, character }: Place): Promise<readonly CompletionItem[]> {
    const result = await this.#ask('textDocument/completion', at(name, line, character))
    return (result as { items?: CompletionItem[] } | null)?.items ?? []
  }

  /** What is shown over the place, or null. */
  async hover(name: string, { line, character }: Place): Promise<string | null> {
    const result = (await this.#ask('textDocument/hover', at(name, line, character))) as {
      contents?: { value?: string }
    } | null
    return result?.contents?.value ?? null
  }

  #ask(method: string, params: unknown): Promise<unknown> {
    const id = this.#next++
    this.#send({ id, method, params })
    return new Promise((done) => this.#answers.set(id, done))
  }

  #tell(method: string, params: unknown): void {
    this.#send({ method, params })
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    this.#server.stdin!.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

  #take(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data])
    for (;;) {
      const head = this.#buffer.indexOf('\r\n\r\n')
      const length = Number(
        /Content-Length: (\d+)/.exec(this.#buffer.toString('latin1', 0, Math.max(0, head)))?.[1],
      )
      if (head === -1 || this.#buffer.length < head + 4 + length) return
      const body = this.#buffer.toString('utf8', head + 4, head + 4 + length)
      this.#buffer = this.#buffer.subarray(head + 4 + length)
      this.#receive(JSON.parse(body))
    }
  }

  #receive({ id, method, params, result }: Message): void {
    if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as { uri: string; diagnostics: Squiggle[] }
      this.#squiggles.get(uri)?.(diagnostics.map(lineUp))
    } else if (method === 'workspace/configuration' && id !== undefined) {
      const { items } = params as { items: { section: string }[] }
      this.#send({ id, result: items.map(({ section }) => (section === 'yaml' ? settings : {})) })
    } else if (method !== undefined && id !== undefined) this.#send({ id, result: null })
    else if (id !== undefined) this.#answers.get(id)?.(result)
  }
}

/** The line that names the schema stands above the text: everything is one line further down for the server. */
function withSchema(text: string): string {
  return `# yaml-language-server: $schema=${pathToFileURL(schemaPath).href}\n${text}`
}

function at(name: string, line: number, character: number): unknown {
  return { textDocument: { uri: uriOf(name) }, position: { line: line + 1, character } }
}

function lineUp({ message, range: { start, end } }: Squiggle): Squiggle {
  const up = ({ line, character }: Place): Place => ({ line: line - 1, character })
  return { message, range: { start: up(start), end: up(end) } }
}

function uriOf(name: string): string {
  return `file:///pipec-tests/${name}`
}
