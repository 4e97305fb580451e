import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Field, Pipeline, Type, Value } from '../../../compiler/ir.ts'
import { render } from '../../../compiler/render.ts'
import { flink } from '../../../compiler/targets/flink/target.ts'
import { statements } from '../../../runtime/engines/flink-statements.ts'
import { demo } from '../../fixtures/demo.ts'
import { meaning, syntaxErrors, tokens } from './flink-grammar.ts'

const at = { start: 0, end: 0 }
const string: Type = { kind: 'string' }

const evil = [
  ...["'", "''", '`', '``', '"', ';', '--', '/*', '*/', '\\', '$', '${', '}', '{{', '}}', '%', '_', '!', ' '],
  ...[
    '${kafka.bootstrap_servers}',
    'é',
    '😀',
    'END',
    'BEGIN',
    'CASE',
    'DROP TABLE x;',
    'window_time',
    'event_time',
  ],
]

function hostile(...more: readonly string[]): fc.Arbitrary<string> {
  const part = fc.oneof(fc.constantFrom(...evil, ...more), fc.string({ maxLength: 4, unit: 'grapheme' }))
  return fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('').replaceAll('\0', '0'))
}

interface Words {
  readonly names: readonly [string, string, string]
  readonly literal: string
  readonly pattern: string
  readonly escape: string
}

const words: fc.Arbitrary<Words> = fc.record({
  names: fc
    .uniqueArray(hostile(), { minLength: 3, maxLength: 3, selector: (name) => name.toLowerCase() })
    .map((names) => names as unknown as [string, string, string]),
  literal: hostile('\n', '\r\n'),
  // With an underscore it would be a regular expression, which the engine tests hold.
  pattern: hostile('\n').map((pattern) => pattern.replaceAll('_', '%')),
  escape: fc.constantFrom("'", '!', '\\', '`'),
})

function pipelineOf({ names: [text, group, metric], literal, pattern, escape }: Words): Pipeline {
  const fields: Field[] = [text, group].map((name) => ({ name, type: string, at }))
  const of = (name: string): Value => ({ kind: 'field', name, type: string, at })
  return {
    ...demo,
    source: {
      ...demo.source,
      fields: [...fields, { name: 'ts', type: { kind: 'timestamp' }, at }],
      eventTime: { ...demo.source.eventTime, field: 'ts', timeZone: 'Asia/Tokyo' },
    },
    where: {
      kind: 'or',
      operands: [
        {
          kind: 'compare',
          operator: '=',
          left: of(text),
          right: { kind: 'literal', literal: { kind: 'string', text: literal }, type: string, at },
          at,
        },
        { kind: 'like', value: of(text), pattern, escape, negated: true, at },
      ],
      at,
    },
    groupBy: [fields[1]!],
    metrics: [{ name: metric, aggregate: { kind: 'max', argument: of(text) }, type: string, at }],
    engines: { ...demo.engines, flink: { topic: 'out', parallelism: 1, lateTopic: 'late', at } },
  }
}

function script(each: Words): string {
  const [artifact] = flink.emit(pipelineOf(each))
  if (artifact === undefined || !('template' in artifact)) throw new Error('no script')
  return render(artifact.template, artifact.view)
}

/** A name of the window functions' own, or the clock's, has an alias: it stands for itself in a tame script too. */
function tame({ names }: Words): Words {
  const own = ['window_time', 'event_time']
  const plain = names.map((name, index) => (own.includes(name) ? name : `plain${index}`))
  return { names: plain as unknown as Words['names'], literal: 'a', pattern: 'b', escape: '!' }
}

function kinds(text: string): readonly number[] {
  return tokens(text).map(({ kind }) => kind)
}

test('no name and no literal breaks out of where it stands', () => {
  fc.assert(
    fc.property(words, (each) => {
      const text = script(each)
      expect(syntaxErrors(text)).toEqual([])
      expect(kinds(text)).toEqual(kinds(script(tame(each))))
      const said = tokens(text).map(meaning)
      for (const word of [...each.names, each.literal, each.pattern]) expect(said).toContain(word)
    }),
    { numRuns: 60 },
  )
}, 120_000)

test('a script is cut where a parser ends its statements', () => {
  fc.assert(
    fc.property(words, (each) => {
      const whole = script(each)
      const cut = statements(whole)
      expect(cut.map((one) => one.split(/\s/, 1)[0])).toEqual([
        ...Array<string>(6).fill('SET'),
        ...Array<string>(4).fill('CREATE'),
        'EXECUTE',
      ])
      expect(kinds(cut.map((one) => `${one};`).join('\n'))).toEqual(kinds(whole))
    }),
    { numRuns: 60 },
  )
}, 120_000)
