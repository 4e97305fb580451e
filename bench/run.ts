/** Runs every measurement, or those whose names stand behind it, and prints one table; exits 1 when a promise fails. */
import { benchGenerator } from './generator.ts'
import { benchProduce } from './produce.ts'
import type { Row } from './row.ts'
import { benchRunInput } from './run-input.ts'
import { benchStartup } from './startup.ts'
import { table } from './table.ts'

const benches: Readonly<Record<string, () => Promise<Row[]>>> = {
  startup: benchStartup,
  generator: benchGenerator,
  run: benchRunInput,
  produce: benchProduce,
}

const words = process.argv.slice(2)
const unknown = words.filter((word) => !Object.hasOwn(benches, word))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`)
  process.exit(1)
}
const rows: Row[] = []
for (const [name, bench] of Object.entries(benches)) {
  if (words.length > 0 && !words.includes(name)) continue
  console.error(`measuring ${name} …`)
  rows.push(...(await bench()))
}
console.log(table(rows))
if (rows.some((each) => each.holds === false)) process.exitCode = 1
