import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Field, Pipeline, Value } from '../../../compiler/ir.ts'
import { render } from '../../../compiler/render.ts'
import { ksqldb } from '../../../compiler/targets/ksqldb/target.ts'
import { demo } from '../../fixtures/demo.ts'
import { meaning, syntaxErrors, tokens } from './ksqldb-grammar.ts'

const at = { start: 0, end: 0 }
const string = { kind: 'string' } as const

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        "''",
        '`',
        '``',
        '"',
        ';',
        '--',
        '/*',
        '*/',
        '\\',
        '$',
        '${',
        '}',
        '${x:-y}',
        '{{',
        '}}',
        '%',
        '_',
        '!',
        '\n',
        ' ',
        'é',
        '😀',
        'DROP TABLE x;',
      ),
      fc.string({ maxLength: 4, unit: 'grapheme' }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '0'))

interface Words {
  readonly names: readonly [string, string, string]
  readonly literal: string
  readonly pattern: string
  readonly zone: boolean
}

const words: fc.Arbitrary<Words> = fc.record({
  names: fc
    .uniqueArray(hostile, { minLength: 3, maxLength: 3 })
    .map((names) => names as unknown as [string, string, string]),
  literal: hostile,
  pattern: hostile,
  zone: fc.boolean(),
})

function pipelineOf({ names: [text, group, metric], literal, pattern, zone }: Words): Pipeline {
  const fields: Field[] = [text, group].map((name) => ({ name, type: string, at }))
  const of = (name: string): Value => ({ kind: 'field', name, type: string, at })
  return {
    ...demo,
    source: {
      ...demo.source,
      fields: [...fields, { name: 'ts', type: { kind: 'timestamp' }, at }],
      eventTime: { ...demo.source.eventTime, field: 'ts', timeZone: zone ? 'Asia/Tokyo' : 'UTC' },
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
        { kind: 'like', value: of(text), pattern, escape: null, negated: true, at },
      ],
      at,
    },
    groupBy: [fields[1]!],
    metrics: [{ name: metric, aggregate: { kind: 'max', argument: of(text) }, type: string, at }],
  }
}

function statements(each: Words): string {
  const [artifact] = ksqldb.emit(pipelineOf(each))
  if (artifact === undefined || !('template' in artifact)) throw new Error('no statements')
  return render(artifact.template, artifact.view)
}

/** The same words without malice; a variable's opening is kept, because it cuts a string in two. */
function tame({ names: _, literal, pattern, zone }: Words): Words {
  const plain = (text: string): string =>
    text
      .split(/(?<=\$)(?=\{)/)
      .map((_piece, index, all) => (index < all.length - 1 ? 'a$' : index > 0 ? '{b' : 'a'))
      .join('')
      .replaceAll(/(?<=a\$)a/g, '{a')
  return { names: ['one', 'two', 'three'], literal: plain(literal), pattern: plain(pattern), zone }
}

test('no name and no literal breaks out of where it stands', () => {
  fc.assert(
    fc.property(words, (each) => {
      const text = statements(each)
      expect(syntaxErrors(text)).toEqual([])
      expect(tokens(text).map(({ kind }) => kind)).toEqual(
        tokens(statements(tame(each))).map(({ kind }) => kind),
      )
      const said = tokens(text)
        .filter(({ kind }) => kind === 'STRING' || kind === 'BACKQUOTED_IDENTIFIER')
        .map(meaning)
      for (const name of each.names) expect(said).toContain(name)
      expect(said.join('')).toContain(each.literal)
    }),
    { numRuns: 300 },
  )
})

test('no variable of the command line is left in a literal', () => {
  fc.assert(
    fc.property(words, (each) => {
      const strings = tokens(statements(each)).filter(({ kind }) => kind === 'STRING')
      expect(strings.filter(({ text }) => text.includes('${'))).toEqual([])
    }),
    { numRuns: 200 },
  )
})
