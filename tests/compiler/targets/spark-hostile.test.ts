import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Field, Pipeline, SparkEngine, Type, Value } from '../../../compiler/ir.ts'
import { render } from '../../../compiler/render.ts'
import { pyColumn, pyString, sqlString } from '../../../compiler/targets/spark/quote.ts'
import { spark } from '../../../compiler/targets/spark/target.ts'
import { demo } from '../../fixtures/demo.ts'
import { hasPython, kinds, parsePython, syntaxErrors } from './spark-grammar.ts'

const at = { start: 0, end: 0 }
const string: Type = { kind: 'string' }

const evil = [
  ...[
    "'",
    "''",
    "'''",
    '"',
    '"""',
    '`',
    '``',
    ';',
    '--',
    '/*',
    '*/',
    '\\',
    '\\u0027',
    '\\N{BULLET}',
    '#',
    '%',
    '_',
    '!',
  ],
  ...[
    '$',
    '${',
    '}',
    '{{',
    '}}',
    '${spark.app.name}',
    '.',
    '*',
    ' ',
    'é',
    '😀',
    '\u202e',
    '\u2028',
    '\u0085',
    'END',
    'OR 1=1',
  ],
  ...[
    'window',
    'everything',
    'row',
    'offset',
    '_malformed',
    'key',
    'value',
    'window_start',
    'None',
    'F.lit(1)',
  ],
]

function hostile(...more: readonly string[]): fc.Arbitrary<string> {
  const part = fc.oneof(fc.constantFrom(...evil, ...more), fc.string({ maxLength: 4, unit: 'grapheme' }))
  return fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
}

interface Words {
  readonly names: readonly [string, string, string, string]
  readonly literal: string
  readonly pattern: string
  readonly escape: string
  readonly lateRows: SparkEngine['lateRows']
}

const words: fc.Arbitrary<Words> = fc.record({
  names: fc
    .uniqueArray(hostile(), { minLength: 4, maxLength: 4, selector: (name) => name.toLowerCase() })
    .map((names) => names as unknown as Words['names']),
  literal: hostile('\n', '\r\n', '\0'),
  pattern: hostile('\n'),
  escape: fc.constantFrom("'", '!', '\\', '`'),
  lateRows: fc.constantFrom('batch', 'exact'),
})

function pipelineOf({
  names: [text, group, time, metric],
  literal,
  pattern,
  escape,
  lateRows,
}: Words): Pipeline {
  const fields: Field[] = [text, group].map((name) => ({ name, type: string, at }))
  const of = (name: string): Value => ({ kind: 'field', name, type: string, at })
  const right: Value = { kind: 'literal', literal: { kind: 'string', text: literal }, type: string, at }
  return {
    ...demo,
    source: {
      ...demo.source,
      fields: [...fields, { name: time, type: { kind: 'timestamp' }, at }],
      eventTime: { ...demo.source.eventTime, field: time, timeZone: 'Asia/Tokyo' },
    },
    where: {
      kind: 'or',
      operands: [
        { kind: 'compare', operator: '=', left: of(text), right, at },
        { kind: 'like', value: of(text), pattern, escape, negated: true, at },
      ],
      at,
    },
    window: { kind: 'session', gap: 3_000, at },
    groupBy: [fields[1]!],
    metrics: [{ name: metric, aggregate: { kind: 'max', argument: of(text) }, type: string, at }],
    engines: { ...demo.engines, spark: { topic: 'out', lateRows, at } },
  }
}

function script(each: Words): string {
  const [artifact] = spark.emit(pipelineOf(each))
  if (artifact === undefined || !('template' in artifact)) throw new Error('no script')
  return render(artifact.template, artifact.view)
}

/** The same pipeline in plain words; a pattern with and one without an escape are different tokens. */
function tame(each: Words, text: string): Words {
  const pattern = text.includes("ESCAPE '!'") ? '\\' : 'b'
  return { ...each, names: ['plain', 'plainer', 'time', 'metric'], literal: 'a', pattern, escape: '!' }
}

/** Each of a thousand scripts beside what it would be in plain words; one Python reads them all. */
function* pairs() {
  const cases = fc.sample(words, { numRuns: 500, seed: 20_260_101 })
  const texts = cases.map(script)
  const parsed = parsePython([...texts, ...cases.map((each, index) => script(tame(each, texts[index]!)))])
  for (const [index, each] of cases.entries()) {
    yield { each, hostile: parsed[index]!, plain: parsed[index + cases.length]! }
  }
}

test.skipIf(!hasPython)('no name and no literal breaks out of where it stands', { timeout: 120_000 }, () => {
  for (const { each, hostile, plain } of pairs()) {
    expect(hostile.shape, JSON.stringify(each)).toBe(plain.shape)
    for (const [index, expression] of hostile.expressions.entries()) {
      expect(syntaxErrors(expression)).toEqual([])
      expect(kinds(expression), expression).toEqual(kinds(plain.expressions[index]!))
    }
    const [, group, , metric] = each.names
    expect(hostile.strings).toContain(metric)
    expect(hostile.strings).toContain(each.lateRows === 'exact' ? group : JSON.parse(pyColumn(group)))
  }
})

test.skipIf(!hasPython)('any text is the same text in Python, on one line', () => {
  const texts = fc.sample(fc.oneof(hostile('\n', '\r', '\0', '\ud800'), fc.string({ unit: 'binary' })), {
    numRuns: 2_000,
    seed: 7,
  })
  const written = texts.map((text) => pyString(text))
  for (const each of written) expect(each).not.toMatch(/[\n\r\u2028\u2029\u202e]/)
  const [parsed] = parsePython([`[${written.join(',\n')}]`])
  // JSON cannot carry half a surrogate pair from Python and back.
  expect(parsed!.strings.map(wellFormed)).toEqual(texts.map(wellFormed))
})

function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '?')
}

test('a string literal is one token whatever it holds', () => {
  const one = kinds("'a'")
  fc.assert(
    fc.property(hostile('\n', '\0'), (text) => {
      expect(kinds(sqlString(text))).toEqual(one)
    }),
  )
})
