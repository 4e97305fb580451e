import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedEngine, openEngine } from '../../../runtime/embedded/engine.ts'
import { temporaryFile } from '../../../runtime/embedded/input.ts'
import { whyMalformed } from '../../../runtime/embedded/malformed.ts'
import { compiled, compute } from '../../fixtures/embedded.ts'

let engine: EmbeddedEngine
beforeAll(async () => {
  engine = await openEngine()
})
afterAll(() => engine.close())

const everyType = {
  text: 'string',
  flag: 'boolean',
  small: 'int',
  big: 'bigint',
  real: 'double',
  money: 'decimal(10,2)',
  wide: 'decimal(38,10)',
  moment: 'timestamp',
}
const everyField = compiled({
  fields: everyType,
  metrics: {
    text: 'max(text)',
    small: 'max(small)',
    big: 'max(big)',
    real: 'max(real)',
    money: 'max(money)',
    wide: 'max(wide)',
    moment: 'max(moment)',
    flag: "max(case when flag then 'true' else 'false' end)",
  },
})

/** One record of its own in a window of its own. */
async function read(member: string): Promise<Readonly<Record<string, unknown>> | 'malformed'> {
  const { rows, summary } = await compute(engine, everyField, [
    `{"at":5${member === '' ? '' : `,${member}`}}`,
  ])
  return summary.malformed === 1 ? 'malformed' : rows[0]!
}

test.each([
  ['"text":"a\\u00e9\\n\\"\\\\😀"', 'text', 'aé\n"\\😀'],
  ['"text":""', 'text', ''],
  ['"small":-2147483648', 'small', -2147483648n],
  ['"small":2147483647', 'small', 2147483647n],
  ['"small":-0', 'small', 0n],
  ['"big":-9223372036854775808', 'big', -9223372036854775808n],
  ['"big":9223372036854775807', 'big', 9223372036854775807n],
  ['"big":9007199254740993', 'big', 9007199254740993n],
  ['"real":12', 'real', 12],
  ['"real":1e2', 'real', 100],
  ['"real":5e-324', 'real', 5e-324],
  ['"real":0.30000000000000004', 'real', 0.30000000000000004],
  ['"real":99999999999999999999999999', 'real', 1e26],
  ['"money":12', 'money', '12.00'],
  ['"money":-0.01', 'money', '-0.01'],
  ['"money":1.005', 'money', '1.01'],
  ['"money":-1.005', 'money', '-1.01'],
  ['"money":1.0049999999999999999', 'money', '1.00'],
  ['"money":1.5e3', 'money', '1500.00'],
  ['"money":12345678901.5e-4', 'money', '1234567.89'],
  ['"money":1234567890123456789012.5e-15', 'money', '1234567.89'],
  ['"money":99999999.99', 'money', '99999999.99'],
  ['"money":0.0000000000000000001234567e20', 'money', '12.35'],
  ['"money":-1234567890123456789E-13', 'money', '-123456.79'],
  ['"money":0e99999', 'money', '0.00'],
  ['"money":1e-99999999999', 'money', '0.00'],
  [
    '"wide":999999999999999999999999999994.000000000000994e-2',
    'wide',
    '9999999999999999999999999999.9400000000',
  ],
  ['"wide":9007199254740993.00000e+0', 'wide', '9007199254740993.0000000000'],
  ['"wide":1234567890123456789012345678.0123456789', 'wide', '1234567890123456789012345678.0123456789'],
  ['"wide":0.1000000000000000055', 'wide', '0.1000000000'],
  ['"text":"12345678901234567890","wide":9007199254740993.5', 'wide', '9007199254740993.5000000000'],
  ['"moment":0', 'moment', 0n],
  ['"moment":-1', 'moment', -1n],
  ['"flag":true', 'flag', 'true'],
  ['"text":null', 'text', null],
  ['"small":1,"small":2', 'small', 1n],
  ['"other":{"small":"x","more":[1,{}]},"small":3', 'small', 3n],
  ['"text":"a, } b ,] NaN"', 'text', 'a, } b ,] NaN'],
])('{"at":5,%s} is a record whose "%s" is %s', async (member, field, value) => {
  expect(await read(member)).toMatchObject({ [field]: value })
})

test.each([
  '"text":12',
  '"text":true',
  '"text":["a"]',
  '"flag":"true"',
  '"flag":1',
  '"small":"12"',
  '"small":12.0',
  '"small":1e2',
  '"small":12.7',
  '"small":2147483648',
  '"small":true',
  '"big":9223372036854775808',
  '"big":-9223372036854775809',
  '"real":"1.5"',
  '"real":1e400',
  '"real":NaN',
  '"real":Infinity',
  '"other":NaN',
  '"other":-Infinity',
  '"money":"1.50"',
  '"money":100000000',
  '"money":99999999.995',
  '"money":1e99999999999',
  '"wide":999999999999999999999999999999.99999999995e-2',
  '"moment":"0"',
  '"moment":253402300800000',
  '"other":1,',
  '"other":[1,]',
  '"other":{"a":1,}',
  '"other":007',
  "'other':1",
  '"text":"\\ud83d"',
])('{"at":5,%s} is malformed', async (member) => {
  expect(await read(member)).toBe('malformed')
})

test.each([
  '[{"at":5}]',
  '5',
  'null',
  '"at"',
  'not JSON',
  '{"at":5',
  '{"at":5} and more',
  '{"at":5}{"at":6}',
  '{}',
  '{"at":null}',
  '{"AT":5}',
  '{"at":5.5}',
  '{"at":"5"}',
  '{"at":9223372036854775807}',
])('the line %s is malformed', async (line) => {
  const { summary } = await compute(engine, everyField, ['{"at":1}', line])
  expect(summary).toMatchObject({ records: 2, malformed: 1, firstMalformed: 1 })
})

test('blank lines are none, carriage returns and a missing last line end do not matter', async () => {
  const { summary, rows } = await compute(engine, compiled({}), [
    '\r',
    '{"at":1}\r',
    '',
    ' \t',
    '{"at":2}\r',
    'x',
    '{"at":3}',
  ])
  expect(summary).toMatchObject({ records: 4, malformed: 1, firstMalformed: 2 })
  expect(rows).toEqual([{ window_start: 0n, window_end: 10n, rows: 3n }])
})

test('no input, no rows', async () => {
  expect(await compute(engine, compiled({}), [])).toMatchObject({
    rows: [],
    windows: 0,
    summary: { records: 0, firstMalformed: null },
  })
})

test.each([
  ['yyyy-MM-dd HH:mm:ss.SSS', '2024-02-29 23:59:59.999', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
  ['yyyyMMddHHmmssSSS', '19691231235959999', -1],
  ["dd/MM/yyyy'T'HH", '31/01/0001T00', -62133004800000],
  ['yyyy-MM-dd', '9999-12-31', Date.UTC(9999, 11, 31)],
  ['HH:mm, yyyy_MM_dd', '00:01, 1970_01_01', 60_000],
  ['iso8601', '2024-01-01T00:00:00Z', Date.UTC(2024, 0, 1)],
  ['iso8601', '2024-01-01T00:00:00.001Z', Date.UTC(2024, 0, 1) + 1],
])('%s reads %s', async (format, text, millis) => {
  const { rows } = await compute(engine, compiled({ format, metrics: { at: 'min(at)' } }), [{ at: text }])
  expect(rows[0]).toMatchObject({ at: BigInt(millis) })
})

test.each([
  [
    'yyyy-MM-dd HH:mm:ss.SSS',
    [
      '2023-02-29 00:00:00.000',
      '2024-02-30 00:00:00.000',
      '2024-01-01 24:00:00.000',
      '2024-01-01 00:00:60.000',
      '2024-1-01 00:00:00.0001',
      ' 2024-01-01 00:00:00.000',
      '2024-01-01 00:00:00.000 ',
      '2024-01-01 00:00:00.00',
      '2024-01-01T00:00:00.000',
      '2024-01-01 00:00:00',
      '0000-01-01 00:00:00.000',
      '2024-13-01 00:00:00.000',
      '2024-00-01 00:00:00.000',
      '2024-01-01 00:00:00,000',
    ],
  ],
  [
    'iso8601',
    [
      '2024-01-01T00:00:00',
      '2024-01-01T00:00:00+00:00',
      '2024-01-01 00:00:00Z',
      '2024-01-01T00:00:00.1Z',
      '2024-01-01T00:00:00.123456Z',
      '2024-01-01t00:00:00z',
    ],
  ],
])('%s reads nothing else', async (format, texts) => {
  const { summary } = await compute(engine, compiled({ format }), [...texts.map((at) => ({ at })), { at: 0 }])
  expect(summary.malformed).toBe(texts.length + 1)
})

test('epoch seconds are whole and in the years 1 to 9999', async () => {
  const seconds = compiled({
    format: 'epoch_seconds',
    metrics: { at: 'min(at)' },
    window: { type: 'tumbling', size: '1s' },
  })
  const { rows, summary } = await compute(engine, seconds, [
    '{"at":-1}',
    '{"at":1.5}',
    '{"at":253402300799}',
    '{"at":253402300800}',
    '{"at":"1"}',
  ])
  expect(summary.malformed).toBe(3)
  expect(rows.map(({ at }) => at)).toEqual([-1000n, 253402300799000n])
})

const scalar = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '1',
    '12.0',
    '1e2',
    '1E-2',
    '"12"',
    '""',
    '{}',
    '[]',
    '[1,2]',
    '{"small":1}',
    '2147483648',
    '-9223372036854775808',
    '9223372036854775808',
    '1e400',
    '1e-400',
    '5e-324',
    '007',
    '+1',
    '.5',
    'NaN',
    '-Infinity',
    'nul',
  ),
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat(12), fc.integer({ min: -30, max: 30 }))
    .map(([digits, places, exponent]) => `${digits}.${'0'.repeat(places)}${digits % 1000n}e${exponent}`),
  fc
    .tuple(fc.integer({ min: -100_000_000, max: 100_000_000 }), fc.stringMatching(/^[0-9]{1,22}$/))
    .map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string(),
)
const member = fc
  .tuple(fc.constantFrom(...Object.keys(everyType), 'at', 'other', 'at'), scalar)
  .map(([name, value]) => `"${name}":${value}`)
const line = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .array(member, { maxLength: 4 })
      .map((members) => `{"at":1,${members.join(',')}}`.replace(',}', '}')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(member, { maxLength: 2 }), fc.constantFrom(',}', '}', '} ', '}}', '', '}{'))
      .map(([members, end]) => `{${members.join(' , ')}${end}`),
  },
  { weight: 1, arbitrary: scalar },
)

test('what the script takes for a record, the reasons take for one, and the reverse', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 300, maxLength: 300 }), async (lines) => {
      const written = lines
        .map((each) => each.replaceAll(/[\n\r\v\f]/g, ' '))
        .filter((each) => each.trim() !== '')
      await compute(engine, everyField, written)
      const found = await engine.query('SELECT kept IS NOT NULL FROM records ORDER BY rowid')
      const wrong = written.filter(
        (each, index) => found[index]![0] !== (whyMalformed(each, everyField.pipeline.source) === null),
      )
      expect(wrong).toEqual([])
      expect(found.length).toBe(written.length)
    }),
    { numRuns: 20, endOnFailure: true },
  )
})

test('decimals and doubles are those that were written', { timeout: 60_000 }, async () => {
  const amount = fc.tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 28n - 1n }),
    fc.bigInt({ min: 0n, max: 10n ** 10n - 1n }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(amount, fc.double({ noNaN: true, noDefaultInfinity: true })), {
        minLength: 200,
        maxLength: 200,
      }),
      async (pairs) => {
        const texts = pairs.map(
          ([[minus, whole, places]]) =>
            `${minus && whole + places > 0n ? '-' : ''}${whole}.${String(places).padStart(10, '0')}`,
        )
        const written = texts.map((text, index) =>
          index % 2 === 0 ? text : `${text.replace('.', '').replace(/^(-?)0+(?=[0-9])/, '$1')}e-10`,
        )
        await compute(
          engine,
          everyField,
          written.map((wide, index) => `{"at":1,"wide":${wide},"real":${pairs[index]![1]}}`),
        )
        const found = await engine.query('SELECT wide, real FROM records ORDER BY rowid')
        expect(found.map(([wide]) => wide)).toEqual(texts)
        expect(found.map(([, real]) => String(real))).toEqual(pairs.map(([, real]) => String(real)))
      },
    ),
    { numRuns: 20, endOnFailure: true },
  )
})

test('lines keep their order, though threads read them side by side', { timeout: 60_000 }, async () => {
  const file = temporaryFile()
  const count = 600_000
  const padding = 'x'.repeat(120)
  writeFileSync(
    file.path,
    Array.from(
      { length: count },
      (_, index) => `{"at":${index},"pad":"${padding}","text":"${index}"}\n`,
    ).join(''),
  )
  const ordered = compiled({
    fields: { text: 'string' },
    window: { type: 'tumbling', size: '1s' },
    metrics: { top: 'max(text)' },
  })
  await engine.run({ sql: ordered.sql, input: file.path, flush: true }, () => {})
  file.remove()
  expect(await engine.query('SELECT count(*), count(*) FILTER (rowid <> "at") FROM records')).toEqual([
    [BigInt(count), 0n],
  ])
  expect(await engine.query('SELECT count(*) FILTER (clock <> "at") FROM placed')).toEqual([[0n]])
})
