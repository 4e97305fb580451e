import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Json } from '../../compiler/ir.ts'
import { yamlText } from '../../compiler/yaml-text.ts'
import { hostileStrings } from '../fixtures/pipelines.ts'

const strings = fc
  .oneof(
    fc.constantFrom(
      ...hostileStrings,
      'yes',
      'Off',
      'n',
      '0o17',
      '1_000',
      '12:30:45',
      '2026-01-01',
      '-',
      '-a',
      '--a',
      '.5',
      '1.',
      '<<',
      '<',
      'a: b',
      'a #b',
      'a:',
      'x\ny\n',
      'x\n\n y\n',
      ' x\ny\n',
      'x\ny\n\n',
      '\n',
      'a\n',
      '\t\n\t\n',
      '\u007f',
      '127.0.0.1:9092:9092',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !/[\ud800-\udfff]/.test(text)),
    fc.stringMatching(/^[-+.0-9:_exo abf#'"\n]{0,8}$/),
  )
  .filter((text) => !/[\ud800-\udfff]/.test(text))
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    strings,
    fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 1e300),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(
      strings.filter((key) => key !== '__proto__'),
      tie('json'),
      { maxKeys: 4 },
    ),
  ),
}))

test.each(['1.1', '1.2'] as const)('readers of YAML %s read what was written', (version) => {
  fc.assert(
    fc.property(json, (value) => {
      expect(parse(yamlText(value), { version, merge: version === '1.1' })).toEqual(
        JSON.parse(JSON.stringify(value)),
      )
    }),
    { numRuns: 3000 },
  )
})

test('it reads as the library would write it', () => {
  const value = {
    services: {
      kafka: {
        ports: ['127.0.0.1:9092:9092'],
        environment: { A: '1', B: 'false', C: 'a,b' },
        command: ['-q', '--x'],
      },
    },
    volumes: { data: {} },
    list: [{ a: 1, b: [] }, ['x'], null],
    script: 'FROM a\nRUN b\n',
  }
  expect(yamlText(value)).toBe(stringify(value, { lineWidth: 0, version: '1.1' }))
})
