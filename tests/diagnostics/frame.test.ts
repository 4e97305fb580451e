import { describe, expect, test } from 'vitest'
import { type Diagnostic, diagnostic } from '../../compiler/diagnostics/diagnostic.ts'
import { frame, lineStarts, position, sorted } from '../../compiler/diagnostics/frame.ts'
import { didYouMean, nearest } from '../../compiler/diagnostics/suggest.ts'

function complaint(text: string, word: string, hint: string | null = null): Diagnostic {
  const start = text.indexOf(word)
  return diagnostic('unknown-key', { start, end: start + word.length }, { key: word, parent: '"x"' }, hint)
}

function framed(text: string, word: string, hint: string | null = null): string[] {
  return frame('p.yaml', text, lineStarts(text), complaint(text, word, hint)).split('\n')
}

describe('a frame', () => {
  test('says where, what, and underlines it with the hint behind', () => {
    expect(framed('a: 1\nbee: 2\n', 'bee', 'did you mean "be"?')).toEqual([
      'p.yaml:2:1 error unknown-key',
      '"bee" is not a key of "x".',
      '   2 | bee: 2',
      '     | ^^^ did you mean "be"?',
    ])
  })

  test('counts characters, and gives wide ones their two columns', () => {
    expect(framed('x: 日本 😀 é bee', 'bee').slice(0, 1)).toEqual(['p.yaml:1:11 error unknown-key'])
    expect(framed('x: 日本 😀 é bee', 'bee').at(-1)).toBe(`     | ${' '.repeat(13)}^^^`)
    expect(framed('x: e\u0301 bee', 'bee').at(-1)).toBe(`     | ${' '.repeat(5)}^^^`)
    expect(framed('x: 日本', '日本').at(-1)).toBe('     |    ^^^^')
  })

  test('keeps tabs, so that the caret is right however wide they are', () => {
    expect(framed('\tbee: 1', 'bee').slice(2)).toEqual(['   1 | \tbee: 1', '     | \t^^^'])
  })

  test('shows of a long line what is around the place', () => {
    const [, , line, caret] = framed(`${'x'.repeat(5000)} bee ${'y'.repeat(5000)}`, 'bee')
    expect(line!.length).toBeLessThan(200)
    expect(line!.slice(caret!.indexOf('^'), caret!.indexOf('^') + 3)).toBe('bee')
  })

  test('lets nothing of the file reach the terminal as an order', () => {
    const text = 'a: "\u001b[2J\u202ebee\u2028"'
    expect(framed(text, 'bee').join('\n')).not.toMatch(/[\u001b\u202e\u2028]/)
    expect(framed(`"x\ny": 1`, 'x\ny').length).toBe(4)
  })

  test('underlines of several lines the first, and of an empty place one column', () => {
    const text = 'abc:\n  - d\n'
    const at = (start: number, end: number): Diagnostic => ({ ...complaint(text, 'a'), at: { start, end } })
    expect(frame('p', text, lineStarts(text), at(0, 9)).split('\n').at(-1)).toBe('     | ^^^^')
    expect(frame('p', text, lineStarts(text), at(4, 4)).split('\n').at(-1)).toBe('     |     ^')
  })

  test('cuts a word that would hide all the rest', () => {
    expect(
      diagnostic('unknown-key', { start: 0, end: 1 }, { key: 'k'.repeat(1000), parent: 'x' }).message.length,
    ).toBeLessThan(400)
  })
})

test('positions are those of the line and of the character', () => {
  const text = 'a\r\nb😀c\n\nd'
  const starts = lineStarts(text)
  expect([0, 3, 6, 8, 9].map((offset) => position(text, starts, offset))).toEqual([
    { line: 1, column: 1 },
    { line: 2, column: 1 },
    { line: 2, column: 3 },
    { line: 3, column: 1 },
    { line: 4, column: 1 },
  ])
})

test('complaints are in order of position, errors before warnings', () => {
  const at = { start: 5, end: 6 }
  const warning = diagnostic('zero-delay', at, { partitions: 3 })
  const error = diagnostic('empty-file', at, {})
  const first = diagnostic('empty-file', { start: 1, end: 2 }, {})
  expect(sorted([warning, error, first])).toEqual([first, error, warning])
})

describe('suggestions', () => {
  const fields = ['total_paid', 'status', 'user_id', 'event_timestamp']
  test.each([
    ['totl_paid', 'total_paid'],
    ['TOTAL_PAID', 'total_paid'],
    ['userid', 'user_id'],
    ['user_di', 'user_id'],
    ['stauts', 'status'],
    ['price', null],
    ['x', null],
    ['', null],
  ])('%s', (word, expected) => expect(nearest(word, fields)).toBe(expected))

  test('none for a word that is longer than any', () => {
    expect(didYouMean('x'.repeat(100_000), fields)).toBe(null)
  })
})
