/** What `pipec run` is compared with: the least that runs a query.sql over a file and prints its rows as JSON. */
import { readFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'

const [query, input] = process.argv.slice(2)
const connection = await (await DuckDBInstance.create()).connect()
await connection.run(`SET VARIABLE input = '${input}'`)
const reader = await connection.runAndReadAll(readFileSync(query, 'utf8'))
const rows = reader.getRowObjectsJson()
process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
