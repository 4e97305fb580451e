import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEngine } from '../../../runtime/embedded/engine.ts'
import { assertWhole } from '../../../runtime/embedded/zstd.ts'

let folder: string
/** Of several blocks, as DuckDB writes it. */
let long: Buffer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-test-'))
  const engine = await openEngine(1)
  const path = join(folder, 'long.zst')
  await engine.query(
    `COPY (SELECT range AS n, md5(range::VARCHAR) AS t FROM range(10000)) TO '${path}' (FORMAT json, COMPRESSION zstd)`,
  )
  engine.close()
  long = readFileSync(path)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** By zstd 1.5.4: of a file, with its size and a checksum; of a pipe, without. */
const [sized, piped] = [
  'KLUv/SQ/hQEAZAJ7ImF0IjoxLCJ1c2VyIjoiYSIsInBhaWQiOjEuMjV9CjIwLjV9CgIAIAmMQT0BWyUMEA==',
  'KLUv/QBYhQEAZAJ7ImF0IjoxLCJ1c2VyIjoiYSIsInBhaWQiOjEuMjV9CjIwLjV9CgIAIAmMQT0B',
].map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
/** One block of five times the same byte. */
const repeated = Buffer.from('28b52ffd20052b000061', 'hex')
/** A frame for whoever knows it, which all others skip. */
const skipped = Buffer.from('502a4d180400000061626364', 'hex')

function check(content: Buffer): void {
  const path = join(folder, 'some.zst')
  writeFileSync(path, content)
  assertWhole(path)
}

test('a frame is whole at its last byte, and at none before', () => {
  for (const frame of [sized, piped, repeated, skipped]) {
    expect(() => check(frame)).not.toThrow()
    for (let length = 1; length < frame.length; length++)
      expect(() => check(frame.subarray(0, length))).toThrow('unexpected end of file')
  }
})

test('each block is looked at, and each frame', () => {
  const second = Buffer.concat([long, skipped, sized])
  expect(() => check(second)).not.toThrow()
  for (const length of [
    second.length - 1,
    long.length + 5,
    long.length - 1,
    long.length - 10_000,
    140_000,
    20,
  ])
    expect(() => check(second.subarray(0, length))).toThrow('unexpected end of file')
})

test('what Zstandard did not write is left to who reads it', () => {
  expect(() => check(Buffer.from('{"at":1}\n'))).not.toThrow()
  expect(() => check(Buffer.alloc(0))).not.toThrow()
})
