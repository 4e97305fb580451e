import { expect, test } from 'vitest'
import { redact, resolveEnvironment } from '../../runtime/environment.ts'
import type { Local } from '../../runtime/local.ts'

const kafka = { bootstrapServers: '127.0.0.1:9092', bootstrapServersForEngines: '127.0.0.1:9092' }
const local: Local = {
  version: 1,
  with: 'native',
  kafka,
  ksqldb: null,
  flink: null,
  spark: null,
  pinot: null,
}

test('ksqlDB is where KSQLDB_URL says, else where up left it; a variable that is empty says nothing', () => {
  const up = { ...local, ksqldb: { url: 'http://127.0.0.1:8088' } }
  const urlOf = (here: Local, variables: Readonly<Record<string, string>>): string | undefined =>
    resolveEnvironment('local', [], here, variables).endpoints.ksqldb?.url
  expect(urlOf(local, {})).toBeUndefined()
  expect(urlOf(local, { KSQLDB_URL: '' })).toBeUndefined()
  expect(urlOf(up, { KSQLDB_URL: '' })).toBe('http://127.0.0.1:8088')
  expect(urlOf(up, { KSQLDB_URL: 'http://there:8088' })).toBe('http://there:8088')
})

test('a secret is blotted out whole and quoted, and where words were cut in the middle of it', () => {
  const secret = 'hunter2 & "more"'
  const said = (text: string) => redact(text, [secret, ''])
  expect(said(`a ${secret} b`)).toBe('a •••• b')
  expect(said(JSON.stringify({ in: JSON.stringify({ secret }) }))).toBe('{"in":"{\\"secret\\":\\"••••\\"}"}')
  for (const length of [3, 5, secret.length - 1])
    expect(said(`login ${secret.slice(0, length)}… and on`)).toBe('login ••••… and on')
  expect(said(`login ${JSON.stringify(secret).slice(1, 14)}…`)).toBe('login ••••…')
  expect(said('hunters … no secret, hunter')).toBe('hunters … no secret, hunter')
})

test('a secret is blotted out in ASCII and in SQL, and JSON stays JSON', () => {
  const secret = `nä'"s`
  const json = JSON.stringify({ told: JSON.stringify({ secret }) }).replaceAll('ä', '\\\\u00e4')
  expect(redact(json, [secret])).toBe('{"told":"{\\"secret\\":\\"••••\\"}"}')
  expect(redact(`SET 'x' = '${secret.replaceAll("'", "''")}'`, [secret])).toBe("SET 'x' = '••••'")
  const cut = JSON.stringify({ told: `a line\nä'…` })
  expect(JSON.parse(redact(cut, [secret]))).toEqual({ told: 'a line••••…' })
})
