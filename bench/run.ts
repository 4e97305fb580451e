/** Runs every measurement, or those whose names stand behind it, and prints one table; exits 1 when a promise fails. */
import { benchApply } from './apply.ts'
import { benchConformance } from './conformance.ts'
import { Ending } from './ending.ts'
import { benchFixtures } from './fixtures.ts'
import { benchGenerator } from './generator.ts'
import { benchHandwritten } from './handwritten.ts'
import { benchLatency } from './latency.ts'
import { benchProduce } from './produce.ts'
import type { Row } from './row.ts'
import { benchRunInput } from './run-input.ts'
import { benchStartup } from './startup.ts'
import { table } from './table.ts'
import { benchUp } from './up.ts'
import { benchVerify } from './verify.ts'

const benches: Readonly<Record<string, (ending: Ending) => Promise<Row[]>>> = {
  startup: benchStartup,
  generator: benchGenerator,
  run: benchRunInput,
  fixtures: benchFixtures,
  produce: benchProduce,
  up: benchUp,
  apply: benchApply,
  verify: benchVerify,
  handwritten: benchHandwritten,
  latency: benchLatency,
  conformance: benchConformance,
}

const words = process.argv.slice(2)
const unknown = words.filter((word) => !Object.hasOwn(benches, word))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}
let ending = new Ending()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    console.error('interrupted; ending what was started …')
    void ending.interrupt().finally(() => process.exit(130))
  })
const rows: Row[] = []
for (const [name, bench] of Object.entries(benches)) {
  if (words.length > 0 && !words.includes(name)) continue
  console.error(`measuring ${name} …`)
  ending = new Ending()
  rows.push(...(await measured(bench)))
}
console.log(table(rows))
if (rows.some((each) => each.holds === false)) process.exitCode = 1

async function measured(bench: (ending: Ending) => Promise<Row[]>): Promise<Row[]> {
  try {
    return await bench(ending)
  } catch (error) {
    // The signal's own handler ends the process, once all has been ended.
    if (ending.signal.aborted) return new Promise(() => {})
    throw error
  } finally {
    await ending.end()
  }
}
