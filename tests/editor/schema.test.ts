/** The schema in the server that editors run: it completes, explains, and underlines where pipec complains. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { compile } from '../../compiler/compile.ts'
import { lineStarts, position } from '../../compiler/diagnostics/frame.ts'
import { pipelines } from '../fixtures/pipelines.ts'
import { casesFolder } from '../golden.ts'
import { Editor, type Place, schemaPath } from './client.ts'

const editor = new Editor()
beforeAll(() => editor.start(), 60_000)
afterAll(() => editor.stop())

/** The text without its `|`, and where that stood. */
function cursor(marked: string): { text: string; place: Place } {
  const before = marked.slice(0, marked.indexOf('|')).split('\n')
  return {
    text: marked.replace('|', ''),
    place: { line: before.length - 1, character: before.at(-1)!.length },
  }
}

async function offered(name: string, marked: string): Promise<Map<string, string>> {
  const { text, place } = cursor(marked)
  await editor.open(name, text)
  const items = await editor.complete(name, place)
  return new Map(
    items.map(({ label, documentation }) => [
      label,
      typeof documentation === 'string' ? documentation : (documentation?.value ?? ''),
    ]),
  )
}

describe('completion', () => {
  test('offers the keys of a pipeline, each with what it is', async () => {
    const items = await offered('top.yaml', 'name: orders\n|')
    expect([...items.keys()]).toEqual(
      expect.arrayContaining([
        'source',
        'where',
        'window',
        'group_by',
        'metrics',
        'engines',
        'serving',
        'generator',
        'environments',
      ]),
    )
    expect(items.get('where')).toContain('Keeps the rows for which this condition is true')
    expect(items.has('name')).toBe(false)
  })

  test('offers the keys that belong where the cursor is, and no others', async () => {
    const items = await offered('event-time.yaml', 'source:\n  event_time:\n    field: at\n    |\n')
    expect([...items.keys()]).toEqual(expect.arrayContaining(['format', 'time_zone', 'watermark_delay']))
    expect(items.get('watermark_delay')).toContain('How far out of order rows may arrive')
    expect(items.has('partitions')).toBe(false)
  })

  test.each([
    ['engine.yaml', 'engines:\n  |\n', ['flink', 'ksqldb', 'spark']],
    ['flink.yaml', 'engines:\n  flink:\n    topic: t\n    |\n', ['parallelism', 'late_topic']],
    ['ksqldb.yaml', 'engines:\n  ksqldb:\n    topic: t\n    emit: |\n', ['final', 'changes']],
    ['window.yaml', 'window:\n  type: |\n', ['tumbling', 'hopping', 'session']],
    [
      'rule.yaml',
      'generator:\n  fields:\n    id:\n      |\n',
      ['faker', 'pick', 'lookup', 'now', 'sequence', 'value', 'null_rate'],
    ],
    [
      'security.yaml',
      'environments:\n  production:\n    kafka:\n      bootstrap_servers: b\n      security:\n        protocol: |\n',
      ['SASL_SSL', 'SSL'],
    ],
  ])('%s', async (name, marked, expected) => {
    expect([...(await offered(name, marked)).keys()]).toEqual(expect.arrayContaining(expected))
  })

  test('offers the types of a field', async () => {
    const items = await offered('type.yaml', 'source:\n  fields:\n    id: |\n')
    expect([...items.keys()].join(' ')).toMatch(/string.*timestamp|timestamp.*string/s)
  })
})

interface Schema {
  readonly description?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [key: string]: unknown
}

describe('explanation', () => {
  const schema: Schema & { $defs: Record<string, Schema> } = JSON.parse(readFileSync(schemaPath, 'utf8'))

  function* properties(node: unknown, path: string): Generator<[string, Schema]> {
    if (node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const [index, each] of node.entries()) yield* properties(each, `${path}/${index}`)
      return
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === 'if' || key === 'then' || key === 'examples') continue
      if (key === 'properties')
        for (const [name, each] of Object.entries(value as Record<string, Schema>))
          yield [`${path}/${name}`, each]
      yield* properties(value, `${path}/${key}`)
    }
  }

  test('every key of the schema has a description that is a sentence', () => {
    const silent = [...properties(schema, '')].filter(([, each]) => {
      const words = each.description ?? schema.$defs[each.$ref?.split('/').at(-1) ?? '']?.description
      return words === undefined || !words.endsWith('.')
    })
    expect(silent.map(([path]) => path)).toEqual([])
  })

  test.each(['example', 'hopping', 'session'] as const)(
    'every key of %s is explained under the pointer',
    async (name) => {
      const lines = new LineCounter()
      const text = pipelines[name]
      const document = parseDocument(text, { lineCounter: lines })
      await editor.open(`hover-${name}.yaml`, text)
      for (const [path, key] of keysOf(document.contents as Node, [])) {
        const { line, col } = lines.linePos(key.range![0])
        const shown = await editor.hover(`hover-${name}.yaml`, { line: line - 1, character: col - 1 })
        expect(shown, path.join('.')).toMatch(/\w{3,} \w+.*\./)
      }
    },
  )

  /** The keys that pipec names; those that users make up belong to what holds them. */
  function* keysOf(node: Node | null, path: readonly string[]): Generator<[readonly string[], Node]> {
    if (isSeq(node)) for (const each of node.items) yield* keysOf(each as Node, path)
    if (!isMap(node)) return
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue
      const inner = [...path, String(key.value)]
      if (
        !/^(source\.fields|metrics|generator\.fields|environments|generator\.fields\.\w+\.(values|faker))\.[^.]+(\..*)?$/.test(
          inner.join('.'),
        ) ||
        /^(generator\.fields\.\w+|environments\.\w+)\.\w+$/.test(inner.join('.'))
      )
        yield [inner, key as Node]
      if (!/\.(values|faker)$/.test(inner.join('.'))) yield* keysOf(value as Node, inner)
    }
  }
})

describe('a squiggle stands where pipec complains', () => {
  const cases = [
    'a-key-misspelt-gets-a-suggestion',
    'a-tumbling-window-does-not-advance',
    'a-window-has-only-the-keys-of-its-type',
    'a-secret-never-stands-in-the-file',
    'an-address-holds-no-user-and-no-password',
    'durations-have-a-unit',
    'names-are-plain-lower-case-words',
    'numbers-stay-in-their-range',
    'required-keys-are-asked-for-where-they-belong',
    'something-is-needed-where-nothing-stands',
    'topics-are-what-kafka-takes',
    'types-have-their-own-names',
    'values-are-of-the-right-kind',
    'words-are-from-a-list',
    'broken-yaml-is-told-at-its-place',
    'a-key-stands-once',
  ]

  test.each(cases)('%s', async (name) => {
    const text = readFileSync(join(casesFolder, name, 'pipeline.yaml'), 'utf8')
    const squiggles = await editor.open(`${name}.yaml`, text)
    const starts = lineStarts(text)
    const underlined = new Set(
      squiggles.map(({ range: { start } }) => `${start.line + 1}:${start.character + 1}`),
    )
    const complained = compile(text).diagnostics.map((each) => position(text, starts, each.at.start))
    expect(complained.length).toBeGreaterThan(0)
    const missing = complained
      .map(({ line, column }) => `${line}:${column}`)
      .filter((place) => !underlined.has(place))
    expect(missing, [...underlined].join(' ')).toEqual([])
  })

  test.each(Object.entries(pipelines))('and none in a sound pipeline: %s', async (name, text) => {
    expect(await editor.open(`sound-${name}.yaml`, text)).toEqual([])
  })
})
