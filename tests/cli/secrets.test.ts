/** A server that shows the passwords it was given, or knows: no output of pipec's repeats them, not even an error's. */
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pipec, temporaryFolder } from '../fixtures/command.ts'
import { pipelines } from '../fixtures/pipelines.ts'

const password = 'hunter2 & "more"'
const env = { SECRET: password, ADDRESS: '' }

let server: Server
beforeAll(async () => {
  server = createServer((request, response) => {
    const login = request.headers.authorization ?? ''
    const kafka = JSON.stringify(`password=${JSON.stringify(password)}`)
    const sent = JSON.stringify({ kafka })
    response.end(`<html>${login} ${password} ${encodeURIComponent(password)} ${kafka} ${sent}</html>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  env.ADDRESS = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const environment = `
environments:
  production:
    kafka:
      bootstrap_servers: 127.0.0.1:9
      security: { protocol: SASL_PLAINTEXT, mechanism: PLAIN, username: me, password: '\${SECRET}' }
    spark: { rest: '\${ADDRESS}', ui: '\${ADDRESS}', auth: { username: me, password: '\${SECRET}' } }
`

test.each(['destroy --yes', 'destroy --yes --json', 'status', 'status --json', 'plan', 'apply --yes'])(
  '%s',
  async (command) => {
    const cwd = temporaryFolder()
    writeFileSync(join(cwd, 'pipeline.yaml'), `${pipelines.example}${environment}`)
    await pipec(['build'], cwd)
    const words = [...command.split(' '), '-e', 'production', '--engine', 'spark']
    const { code, out, err } = await pipec(words, cwd, { env })
    expect(code).toBe(1)
    expect(out + err).toContain('not JSON')
    expect(out + err).not.toContain('hunter2')
    expect(out + err).not.toContain(Buffer.from(`me:${password}`).toString('base64'))
  },
)
