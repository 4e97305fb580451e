/** Whatever a file holds, pipec answers with diagnostics, in time, at places that exist, and always with the same. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { renderDiagnostics } from '../../cli/views/diagnostics.ts'
import { compile } from '../../compiler/compile.ts'
import { frame, lineStarts } from '../../compiler/diagnostics/frame.ts'
import { hostileStrings, pipelines } from '../fixtures/pipelines.ts'
import { timed } from '../fixtures/processor-time.ts'

const total = process.env.CI ? 20_000 : 2_000
const longestMillis = 1000
const runs = (share: number): { numRuns: number } => ({ numRuns: Math.round(total * share) })
const patience = 300_000

function holds(source: string): void {
  const { value, millis } = timed(() => compile(source))
  expect(millis).toBeLessThan(longestMillis)
  const { text, diagnostics, output } = value
  const starts = lineStarts(text)
  for (const each of diagnostics) {
    expect(each.at.start).toBeGreaterThanOrEqual(0)
    expect(each.at.end).toBeGreaterThanOrEqual(each.at.start)
    expect(each.at.end).toBeLessThanOrEqual(text.length)
    const framed = frame('pipeline.yaml', text, starts, each)
    expect(framed).not.toMatch(/undefined|\[object|NaN/)
    expect(framed.split('\n').length).toBeLessThanOrEqual(4)
  }
  for (const format of ['text', 'json', 'github'] as const)
    renderDiagnostics({ file: 'pipeline.yaml', text, diagnostics }, format, true)
  expect(output === null).toBe(diagnostics.some((each) => each.severity === 'error'))
  if (output === null) return
  for (const path of output.files.keys())
    expect(path).toMatch(/^(?!.*\.\.)[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/)
  expect([...(compile(source).output?.files ?? [])]).toEqual([...output.files])
}

type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json }
type Path = (string | number)[]

const documents: readonly Json[] = Object.values(pipelines).map((text) => parse(text, { intAsBigInt: true }))
const document = fc.constantFrom(...documents)

/** Every place in the document, the outermost first. */
function places(value: Json, path: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [path]
  const inner = Object.entries(value).flatMap(([key, each]) =>
    places(each, [...path, Array.isArray(value) ? Number(key) : key]),
  )
  return [path, ...inner]
}

function get(value: Json, path: Path): Json {
  return path.reduce<Json>((inner, step) => (inner as Record<string | number, Json>)[step] ?? null, value)
}

/** The document with what stands at the path made into something else: no entry, one, or several. */
function change(value: Json, path: Path, edit: (key: string | number, old: Json) => [string, Json][]): Json {
  const [step, ...rest] = path
  if (step === undefined) return edit('', value)[0]?.[1] ?? null
  const entries = Object.entries(value as Record<string, Json>).flatMap(([key, each]): [string, Json][] => {
    if (key !== String(step)) return [[key, each]]
    return rest.length === 0 ? edit(step, each) : [[key, change(each, rest, edit)]]
  })
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries)
}

const words = fc.constantFrom(...hostileStrings)
const anyText = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ maxLength: 20 }))
const anyValue: fc.Arbitrary<Json> = fc.oneof(
  anyText,
  fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 1e21, 2n ** 63n, -(2n ** 63n), [], {}),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
)

const mutation = fc.record({
  kind: fc.constantFrom('drop', 'rename', 'replace', 'swap', 'copy', 'wrap'),
  where: fc.nat(),
  other: fc.nat(),
  key: anyText,
  value: anyValue,
})

function mutate(value: Json, each: typeof mutation extends fc.Arbitrary<infer T> ? T : never): Json {
  const all = places(value)
  const path = all[each.where % all.length]!
  const other = all[each.other % all.length]!
  return change(value, path, (key, old) => {
    switch (each.kind) {
      case 'drop':
        return []
      case 'rename':
        return [[each.key, old]]
      case 'replace':
        return [[String(key), each.value]]
      case 'swap':
        return [[String(key), get(value, other)]]
      case 'copy':
        return [
          [String(key), old],
          [each.key, old],
        ]
      default:
        return [[String(key), [old]]]
    }
  })
}

function written(value: Json, flow: boolean): string {
  return stringify(value, { lineWidth: 0, ...(flow ? { collectionStyle: 'flow' as const } : {}) })
}

describe('pipec check never fails otherwise than with diagnostics', () => {
  test('on the pipelines that all this starts from', () => {
    for (const [name, text] of Object.entries(pipelines)) {
      holds(text)
      const errors = compile(text).diagnostics.filter((each) => each.severity === 'error')
      expect(
        errors.map((each) => each.code),
        name,
      ).toEqual([])
    }
  })

  test('on pipelines whose keys and values were dropped, renamed, replaced, swapped or copied', {
    timeout: patience,
  }, () => {
    const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(document, mutations, fc.boolean(), (value, all, flow) => {
        holds(written(all.reduce(mutate, value), flow))
      }),
      runs(0.3),
    )
  })

  test('on texts with a piece cut out, put in or written twice', { timeout: patience }, () => {
    const text = fc.constantFrom(...Object.values(pipelines))
    const edit = fc.record({ at: fc.nat(), length: fc.nat(40), insert: anyText, twice: fc.boolean() })
    fc.assert(
      fc.property(text, fc.array(edit, { minLength: 1, maxLength: 4 }), (whole, edits) => {
        const spliced = edits.reduce((each, { at, length, insert, twice }) => {
          const start = at % (each.length + 1)
          const cut = each.slice(start, start + length)
          return each.slice(0, start) + (twice ? cut + insert + cut : insert) + each.slice(start + length)
        }, whole)
        holds(spliced)
      }),
      runs(0.2),
    )
  })

  test('on YAML made of its own marks', { timeout: patience }, () => {
    const marks = [
      ': ',
      ':\n',
      '- ',
      '? ',
      '\n',
      '\n  ',
      '\n    ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '|\n',
      '>-\n',
      '&a ',
    ]
    const more = [
      '*a',
      '!!str ',
      '!x ',
      '# ',
      '---\n',
      '...\n',
      '%YAML 1.2\n',
      '\t',
      '\r\n',
      'name',
      'source',
      'window',
      '1',
      '~',
    ]
    const piece = fc.oneof(fc.constantFrom(...marks, ...more), anyText)
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => holds(pieces.join(''))),
      runs(0.15),
    )
  })

  test('on expressions made of their own words', { timeout: patience }, () => {
    const tokens =
      "and or not in between like escape is null true false case when then else end cast as string bigint decimal(10,2) ( ) , + - * / % || = <> < >= order_id country amount quantity total price gift shipped at 1 1.5 0 9223372036854775807 1e3 'x' 'a%' `at` sum count avg min max coalesce nullif abs round upper length substring distinct".split(
        ' ',
      )
    const expression = fc
      .array(
        fc.oneof({ arbitrary: fc.constantFrom(...tokens), weight: 20 }, { arbitrary: words, weight: 1 }),
        { maxLength: 16 },
      )
      .map((all) => all.join(' '))
    const base = parse(pipelines.hopping!, { intAsBigInt: true }) as Record<string, Json>
    fc.assert(
      fc.property(expression, expression, expression, (where, first, second) => {
        holds(written({ ...base, where, metrics: { first: `max(${first})`, second } }, false))
      }),
      runs(0.15),
    )
  })

  test('on hostile strings wherever a string, a key or a number may stand', { timeout: patience }, () => {
    const hopping = documents[1]!
    const all = places(hopping).filter((path) => path.length > 0)
    const cases = all.flatMap((path) =>
      hostileStrings.flatMap((word) => [
        change(hopping, path, (key) => [[String(key), word]]),
        change(hopping, path, (_, old) => [[word, old]]),
      ]),
    )
    const every = Math.max(1, Math.floor(cases.length / (total * 0.2)))
    for (const [index, each] of cases.entries()) if (index % every === 0) holds(written(each, false))
  })
})
