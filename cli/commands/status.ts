import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import { createColors } from 'picocolors'
import type { Actual, Position } from '../../runtime/engines/engine.ts'
import { isFailure } from '../../runtime/failure.ts'
import { wantedResources } from '../../runtime/plan.ts'
import type { ExitCode, Io } from '../io.ts'
import { type Operation, openForRemoval, type TargetOptions } from '../operate.ts'

export interface StatusOptions extends TargetOptions {
  readonly json: boolean
  readonly watch: boolean
}

interface Row {
  readonly engine: string
  readonly address: string
  readonly status: Actual['status'] | 'absent' | 'unreachable'
  readonly summary: string
  readonly position: Position | null
}

/** What runs under this pipeline's name, where it is, and how far behind. Exits 1 when something that apply would make does not run. */
export async function status(options: StatusOptions, io: Io): Promise<ExitCode> {
  const operation = await openForRemoval(options, io)
  if (operation === null) return 1
  const passedOver = leftOutOf(operation)
  for (;;) {
    const rows = await rowsOf(operation, passedOver)
    await (options.watch ? io.stream : io.out)(
      options.json
        ? `${JSON.stringify({ environment: operation.context.endpoints.environment, resources: rows }, null, 2)}\n`
        : table(rows, options.watch, io),
    )
    const runs = ({ address, status }: Row): boolean =>
      status === 'running' || (status === 'absent' && operation.engine === null && passedOver.has(address))
    if (!options.watch) return rows.every(runs) ? 0 : 1
    await sleep(2000, undefined, { signal: io.signal }).catch(() => {})
    if (io.signal.aborted) return 130
  }
}

/** What apply passes over as well, because its engine is not up here. */
function leftOutOf({ manifest, context: { endpoints } }: Operation): ReadonlySet<string> {
  return endpoints.environment === 'local' ? wantedResources(manifest, endpoints, null).leftOut : new Set()
}

async function rowsOf(
  { engines, engine, context, manifest }: Operation,
  passedOver: ReadonlySet<string>,
): Promise<readonly Row[]> {
  const asked = engines.filter((each) => engine === null || each.key === engine)
  const rows = await Promise.all(
    asked.map(async (each): Promise<readonly Row[]> => {
      const own = manifest.resources.filter((resource) => each.kinds.includes(resource.kind))
      if (context.endpoints[each.key] === null)
        return own.map((resource) =>
          row(each.key, resource.address, 'absent', 'this engine is not part of the environment'),
        )
      try {
        const actual = await each.observe(own, { ...context, current: true })
        const missing = own.filter((resource) => !actual.some((one) => one.address === resource.address))
        return [
          ...actual.map((one) => row(each.key, one.address, one.status, one.summary, one.position)),
          ...missing.map(({ address }) =>
            row(
              each.key,
              address,
              'absent',
              passedOver.has(address) ? 'its engine is not up here' : 'not applied',
            ),
          ),
        ]
      } catch (error) {
        if (!isFailure(error)) throw error
        return own.map((resource) => row(each.key, resource.address, 'unreachable', error.message))
      }
    }),
  )
  return rows.flat()
}

function row(
  engine: string,
  address: string,
  status: Row['status'],
  summary: string,
  position: Position | null = null,
): Row {
  return { engine, address, status, summary, position }
}

function table(rows: readonly Row[], clear: boolean, io: Io): string {
  const { green, yellow, red } = createColors(io.color)
  const tint = (status: Row['status']): string =>
    (status === 'running' ? green : status === 'starting' ? yellow : red)(status)
  const drawn = new Table({
    head: ['resource', 'status', ''],
    style: { head: [], border: [], compact: true },
    wordWrap: false,
  })
  for (const each of rows) drawn.push([each.address, tint(each.status), each.summary])
  return `${clear && io.outIsTerminal ? '\u001b[2J\u001b[H' : ''}${rows.length === 0 ? 'Nothing is wanted.' : drawn.toString()}\n`
}
