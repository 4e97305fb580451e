/** However YAML writes a text, a complaint about a part of it points at that part. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDocument, Scalar, stringify } from 'yaml'
import { scalarOffsets } from '../../compiler/alignment.ts'

const styles = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const

function scalarOf(document: string): Scalar<string> {
  return parseDocument(document).get('key', true) as Scalar<string>
}

/** What stands in the document where part of the value is said to be. */
function pointedAt(document: string, start: number, end: number): string {
  const scalar = scalarOf(document)
  const [from, to] = scalar.range!
  const place = scalarOffsets(document, { start: from, end: to }, scalar.value)({ start, end })
  return document.slice(place.start, place.end)
}

describe('by hand', () => {
  test.each([
    ['plain', 'key: aa bb cc\n', 3, 5, 'bb'],
    ['plain over lines', 'key: aa\n  bb\n\n  cc\n', 3, 5, 'bb'],
    ['single quotes', "key: 'a''b cc'\n", 1, 2, "''"],
    ['double quotes', 'key: "\\x41\\u0042 \\tcc"\n', 0, 2, '\\x41\\u0042'],
    ['behind an escape', 'key: "\\x41\\u0042 \\tcc"\n', 4, 6, 'cc'],
    ['double quotes over lines', 'key: "aa\n  bb \\\n  cc"\n', 6, 8, 'cc'],
    ['an emoji written as an escape', 'key: "\\U0001F600 b"\n', 3, 4, 'b'],
    ['literal', 'key: |\n  aa\n    bb\n', 5, 7, 'bb'],
    ['literal with a header', 'key: |2-  # why\n    aa\n  bb\n', 5, 7, 'bb'],
    ['folded', 'key: >-\n  aa\n  bb\n\n  cc\n', 6, 8, 'cc'],
    ['folded with a line further in', 'key: >\n  aa\n    bb\n  cc\n', 5, 7, 'bb'],
    ['Windows line ends', 'key: >\r\n  aa\r\n  bb\r\n', 3, 5, 'bb'],
    ['a tag and an anchor before it', 'key: !!str &x aa bb\n', 3, 5, 'bb'],
    ['the end', 'key: aa\nnext: 1\n', 2, 2, ''],
  ])('%s', (_, document, start, end, expected) => {
    expect(pointedAt(document, start, end)).toBe(expected)
  })

  test('where two readings differ, all of it is pointed at', () => {
    expect(scalarOffsets('"abc"', { start: 0, end: 5 }, 'xyz')({ start: 1, end: 2 })).toEqual({
      start: 0,
      end: 5,
    })
  })
})

describe.each(styles)('%s', (style) => {
  test('every letter of the value is found', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      ' ',
      '  ',
      '\n',
      '\n\n',
      "'",
      '"',
      '\\',
      '\t',
      'ß',
      '😀',
      '# ',
      ': ',
      '- ',
      '(',
      ')',
    )
    const values = fc.array(piece, { minLength: 1, maxLength: 24 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(values, fc.constantFrom(0, 20), (value, lineWidth) => {
        const scalar = new Scalar(value)
        scalar.type = style
        const document = `${stringify({ first: 1, key: scalar }, { lineWidth, minContentWidth: 0 })}last: 1\n`
        const read = scalarOf(document).value
        for (const [index, letter] of read.split('').entries())
          if (/[ab()]/.test(letter)) expect(pointedAt(document, index, index + 1), document).toBe(letter)
      }),
      { numRuns: 1000 },
    )
  })
})
