import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunOptions, run } from '../../cli/commands/run.ts'
import type { ExitCode, Io } from '../../cli/io.ts'
import { silent } from '../../runtime/progress.ts'
import { type Compiled, compiled } from '../fixtures/embedded.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pipec-test-'))
  // So that what is left behind is ours.
  process.env.TMPDIR = join(folder, 'tmp')
  mkdirSync(process.env.TMPDIR)
})
afterAll(() => rmSync(folder, { recursive: true }))

const sums = compiled({
  fields: { user: 'string', paid: 'decimal(10,2)', seen: 'timestamp' },
  groupBy: ['user'],
  where: "user <> 'nobody'",
  metrics: { paid: 'sum(paid)', mean: 'avg(paid)', last: 'max(seen)' },
})

interface Outcome {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

const defaults: RunOptions = {
  input: '-',
  records: 10,
  seed: 1,
  eventsPerSecond: 1000,
  flush: true,
  strict: false,
  format: null,
  output: null,
}

async function runWith(
  options: Partial<RunOptions>,
  more: { stdin?: string | Buffer; terminal?: boolean; pipeline?: Compiled; signal?: AbortSignal } = {},
): Promise<Outcome> {
  let out = ''
  let err = ''
  const keep = async (text: string): Promise<void> => {
    out += text
  }
  const io: Io = {
    cwd: folder,
    env: {},
    out: keep,
    stream: keep,
    hide: () => {},
    err: (text) => {
      err += text
    },
    stdin: Readable.from([Buffer.from(more.stdin ?? '')]),
    outIsTerminal: more.terminal ?? false,
    errIsTerminal: false,
    color: false,
    signal: more.signal ?? new AbortController().signal,
    progress: silent,
    now: () => 0,
  }
  const { pipeline, sql } = more.pipeline ?? sums
  const code = await run({ ...defaults, ...options }, pipeline, sql, io)
  return { code, out, err }
}

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content)
  return name
}

function leftovers(): readonly string[] {
  return readdirSync(tmpdir())
}

const records = [
  '{"at":1,"user":"a","paid":1.25,"seen":0}',
  '{"at":2,"user":"a","paid":0.5,"seen":1000}',
  '{"at":3,"user":"nobody","paid":7}',
  '{"at":4,"user":"say \\"hi\\", b","paid":null}',
  'no JSON',
  '{"at":11,"user":"","paid":2}',
  '{"at":1,"user":"a","paid":99}',
].join('\n')
const zipped = gzipSync(records)
/** Two records, by zstd 1.5.4: Node 20 has none of its own. */
const zstandard = Buffer.from(
  'KLUv/SQ/hQEAZAJ7ImF0IjoxLCJ1c2VyIjoiYSIsInBhaWQiOjEuMjV9CjIwLjV9CgIAIAmMQT0BWyUMEA==',
  'base64',
)

test('JSON has one row a line and every digit', async () => {
  const { code, out, err } = await runWith({}, { stdin: records })
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    '{"window_start":0,"window_end":10,"user":"a","paid":1.75,"mean":0.875,"last":1000}',
    '{"window_start":0,"window_end":10,"user":"say \\"hi\\", b","paid":null,"mean":null,"last":null}',
    '{"window_start":10,"window_end":20,"user":"","paid":2.00,"mean":2,"last":null}',
    '',
  ])
  expect(err).toMatch(/^7 records read, 1 malformed, 1 filtered out, 1 late, 3 windows, 7,000 records\/s\n/)
})

test('CSV is that of RFC 4180, null being nothing and an empty string two quotes', async () => {
  const { out } = await runWith({ format: 'csv' }, { stdin: records })
  expect(out).toBe(
    [
      'window_start,window_end,user,paid,mean,last',
      '0,10,a,1.75,0.875,1000',
      '0,10,"say ""hi"", b",,,',
      '10,20,"",2.00,2,',
      '',
    ].join('\r\n'),
  )
})

test('a terminal gets a table with times as dates', async () => {
  const { out } = await runWith({}, { stdin: records, terminal: true })
  expect(out.split('\n').slice(1, 4)).toEqual([
    '│ window_start             │ window_end               │ user        │ paid │  mean │ last                     │',
    '├──────────────────────────┼──────────────────────────┼─────────────┼──────┼───────┼──────────────────────────┤',
    '│ 1970-01-01T00:00:00.000Z │ 1970-01-01T00:00:00.010Z │ a           │ 1.75 │ 0.875 │ 1970-01-01T00:00:01.000Z │',
  ])
})

test('--no-flush leaves out what the data has not closed', async () => {
  const { out } = await runWith({ flush: false }, { stdin: records })
  expect(out).not.toContain('"window_start":10')
  expect(out).toContain('"window_start":0')
})

test('no rows: an empty JSON, a CSV with its head, a table with its head', async () => {
  expect((await runWith({})).out).toBe('')
  expect((await runWith({ format: 'csv' })).out).toBe('window_start,window_end,user,paid,mean,last\r\n')
  expect((await runWith({ format: 'table' })).out).toContain('window_start')
})

test('--strict names the first malformed line and says why', async () => {
  const lines = file('strict.ndjson', '\n{"at":1}\r\n\n{"at":2,"paid":"3"}\nno JSON\n')
  await expect(runWith({ input: lines, strict: true })).rejects.toMatchObject({
    name: 'Failure',
    message: 'strict.ndjson:4: "paid" is "3", which is no decimal(10,2).',
  })
  expect((await runWith({ input: file('sound.ndjson', '{"at":1,"user":"a"}'), strict: true })).code).toBe(0)
})

test.each([
  ['a missing file', 'missing.ndjson', 'Cannot read missing.ndjson: there is no such file.'],
  ['a folder', '.', 'Cannot read .: it is a folder.'],
  ['a path through a file', 'plain.txt/x', 'Cannot read plain.txt/x: part of its path is a file.'],
  ['what is not what its name says', 'plain.gz', 'The input cannot be read.'],
  ['a compressed file without its end', 'cut.gz', 'Cannot read cut.gz: its compressed data is cut off.'],
  ['a damaged compressed file', 'damaged.gz', 'Cannot read damaged.gz: its compressed data is damaged.'],
  ['one by zstd', 'A.ZST', 'Cannot read A.ZST: it is compressed by zstd, and its name does not say so.'],
  ['another without its end', 'cut.zst', 'Cannot read cut.zst: its compressed data is cut off.'],
])('%s is a failure that says what to do', async (_, input, message) => {
  file('plain.txt', 'x')
  file('plain.gz', 'not compressed')
  file('cut.gz', zipped.subarray(0, -10))
  file('cut.zst', zstandard.subarray(0, -1))
  file('A.ZST', zstandard)
  file('damaged.gz', Buffer.concat([zipped.subarray(0, 30), Buffer.alloc(20), zipped.subarray(50)]))
  await expect(runWith({ input })).rejects.toMatchObject({
    name: 'Failure',
    message,
    next: expect.any(String),
  })
})

test('what gzip wrote is read as lines, whatever its name', async () => {
  const { out } = await runWith({}, { stdin: records })
  for (const name of ['whole.gz', 'whole']) {
    const found = await runWith({ input: file(name, zipped) })
    expect(found.out).toBe(out)
    expect(found.err).toMatch(/\nthe first malformed: whole(\.gz)?:5: it is not JSON/)
  }
})

test('what Zstandard wrote is read by its name', async () => {
  const { out } = await runWith({ input: file('whole.zst', zstandard) })
  expect(out).toContain('"user":"a","paid":1.75,')
})

test('without --strict the first malformed line is named too', async () => {
  const { err } = await runWith({}, { stdin: '{"at":1}\n\n{"at":2,"paid":"3"}\nno JSON\n' })
  expect(err).toMatch(
    /^3 records read, 2 malformed.*\nthe first malformed: standard input:3: "paid" is "3", which is no decimal\(10,2\)\.\n$/,
  )
  expect((await runWith({}, { stdin: '{"at":1}\n' })).err).not.toContain('the first malformed')
})

test('a name with a quote and stars is one file', async () => {
  file('other.ndjson', '{"at":1,"user":"x"}\n')
  const { err } = await runWith({ input: file("it's *.ndjson", '{"at":1,"user":"x"}\n') })
  expect(err).toMatch(/^1 record read/)
})

test('a byte order mark is no part of the first record', async () => {
  const marked = `\ufeff${records}`
  expect((await runWith({ input: file('marked.ndjson', marked) })).err).toMatch(
    /^7 records read, 1 malformed/,
  )
  expect((await runWith({}, { stdin: marked })).err).toMatch(/^7 records read, 1 malformed/)
})

test('a line of 10 MB is a line, one cut off is malformed', async () => {
  const long = `{"at":1,"user":"${'x'.repeat(10_000_000)}"}\n{"at":2,"user":"cut`
  expect((await runWith({ input: file('long.ndjson', long) })).err).toMatch(
    /^2 records read, 1 malformed, 0 filtered out, 0 late, 1 window,/,
  )
})

test('bytes that are no UTF-8 make their line malformed', async () => {
  const bytes = Buffer.concat([
    Buffer.from('{"at":1,"user":"'),
    Buffer.from([0xff]),
    Buffer.from('"}\n{"at":2,"user":"b"}\n'),
  ])
  const { err } = await runWith({ input: file('bytes.ndjson', bytes) })
  expect(err).toMatch(
    /^2 records read, 1 malformed.*\nthe first malformed: bytes\.ndjson:1: it is not UTF-8\.\n$/,
  )
})

test('a pipe is read to its end', () => {
  const fifo = join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  execFileSync('sh', ['-c', `printf '{"at":1,"user":"p"}' > '${fifo}' &`], { stdio: 'ignore' })
  return expect(runWith({ input: 'fifo' })).resolves.toMatchObject({
    code: 0,
    err: expect.stringMatching(/^1 record read/),
  })
})

test('/dev/null has no records', async () => {
  expect((await runWith({ input: '/dev/null' })).err).toMatch(/^0 records read/)
})

test('--output takes the place of the old file when all is written, and not before', async () => {
  file('rows.json', 'old')
  await expect(runWith({ output: 'rows.json', strict: true }, { stdin: records })).rejects.toThrow(
    'standard input:5',
  )
  expect(readFileSync(join(folder, 'rows.json'), 'utf8')).toBe('old')
  const { out } = await runWith({ output: 'rows.json' }, { stdin: records, terminal: true })
  expect(out).toBe('')
  expect(readFileSync(join(folder, 'rows.json'), 'utf8').split('\n')).toHaveLength(4)
  expect(readdirSync(folder).filter((each) => each.endsWith('.tmp'))).toEqual([])
})

test('the generator makes the same records again from the same seed', async () => {
  const generated = { input: null, records: 500, seed: 7, eventsPerSecond: 1000 }
  const one = await runWith(generated)
  const other = await runWith(generated)
  expect(one.err).toMatch(/^500 records read, 0 malformed/)
  expect(other.out).toBe(one.out)
  expect((await runWith({ ...generated, seed: null })).err).toMatch(
    /^--seed \d+ makes the same records again/,
  )
})

test('interrupted, it leaves nothing behind', async () => {
  const controller = new AbortController()
  controller.abort()
  expect((await runWith({ input: null, records: 100_000 }, { signal: controller.signal })).code).toBe(130)
  await expect(
    runWith({ input: file('some.ndjson', records) }, { signal: controller.signal }),
  ).rejects.toThrow()
  expect(leftovers()).toEqual([])
})
