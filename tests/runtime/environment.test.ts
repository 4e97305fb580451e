import { expect, test } from 'vitest'
import { resolveEnvironment } from '../../runtime/environment.ts'
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
