import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../compiler/expression/parser.ts'
import { Complaint } from '../../compiler/expression/tokens.ts'
import { anySyntax, print, withoutPlaces } from './printer.ts'

function bracketed(text: string): string {
  return print(parseExpression(text)).replaceAll('`', '')
}

describe('what binds tighter', () => {
  test.each([
    ['a + b * c', '(a) + ((b) * (c))'],
    ['a - b - c', '((a) - (b)) - (c)'],
    ['a / b * c % d', '(((a) / (b)) * (c)) % (d)'],
    ['- a + b', '(- (a)) + (b)'],
    ['- a * b', '(- (a)) * (b)'],
    ['a || b || c', '((a) || (b)) || (c)'],
    ['a + b || c', '((a) + (b)) || (c)'],
    ['not a = b', 'not ((a) = (b))'],
    ['not a and b', '(not (a)) and (b)'],
    ['a or b and c', '(a) or ((b) and (c))'],
    ['a and b or c and d', '((a) and (b)) or ((c) and (d))'],
    ['a = b and c <> d', '((a) = (b)) and ((c) <> (d))'],
    ['a + 1 = b * 2', '((a) + (1)) = ((b) * (2))'],
    ['a between b and c and d', '((a) between (b) and (c)) and (d)'],
    ['a not between b + 1 and c', '(a) not between ((b) + (1)) and (c)'],
    ["a like 'x' or b", "((a) like ('x')) or (b)"],
    ['a is null = b', '((a) is null) = (b)'],
    ['a = b is null', '((a) = (b)) is null'],
    ['(a = b) = (c = d)', '((a) = (b)) = ((c) = (d))'],
    ['a is not null is null', '((a) is not null) is null'],
    ['not a is null', 'not ((a) is null)'],
    ['a in (1, 2) and not b in (3)', '((a) in (1, 2)) and (not ((b) in (3)))'],
    ['case a when 1 then 2 end', 'case when (a) = (1) then 2 end'],
    ['case when a then b else c end + 1', '(case when a then b else c end) + (1)'],
  ])('%s', (text, expected) => expect(bracketed(text)).toBe(expected))

  test.each(['a < b < c', 'a = b in (c)', "a = b not like 'c'", 'a <> b between c and d'])(
    'nobody knows: %s',
    (text) => {
      expect(() => parseExpression(text)).toThrow(Complaint)
    },
  )
})

describe('words', () => {
  test.each([
    ['SUM(Total)', 'sum(Total)'],
    ['COUNT(DISTINCT a)', 'count(distinct a)'],
    ['a != 1', '(a) <> (1)'],
    ['a AND NOT b', '(a) and (not (b))'],
    ['straße + größe', '(straße) + (größe)'],
    ['`odd``name`', 'odd``name'],
    ["'it''s'", "'it''s'"],
    ['-9223372036854775808', '-9223372036854775808'],
    ['- -5', '- (-5)'],
    ['+ 5', '5'],
    ['a - -5', '(a) - (-5)'],
    ['count', 'count'],
    ['count(*)', 'count(*)'],
  ])('%s', (text, expected) => {
    expect(print(parseExpression(text)).replaceAll(/(?<!`)`(?!`)/g, '')).toBe(expected)
  })
})

test('whatever is printed is read as what it was', () => {
  fc.assert(
    fc.property(anySyntax, (syntax) => {
      expect(withoutPlaces(parseExpression(print(syntax)))).toEqual(withoutPlaces(syntax))
    }),
    { numRuns: 3000 },
  )
})

test('every place lies in the text and holds what it names', () => {
  fc.assert(
    fc.property(anySyntax, (syntax) => {
      const text = print(syntax)
      const visit = (node: unknown): void => {
        if (node === null || typeof node !== 'object') return
        const { at, kind } = node as { at?: { start: number; end: number }; kind?: string }
        if (at !== undefined && kind !== undefined) {
          const piece = text.slice(at.start, at.end)
          // Brackets are no part of what stands in them, so that a piece can begin or end inside of some.
          if (['name', 'string', 'number', 'boolean', 'null'].includes(kind))
            expect(withoutPlaces(parseExpression(piece))).toEqual(withoutPlaces(node))
        }
        Object.values(node).forEach(visit)
      }
      visit(parseExpression(text))
    }),
    { numRuns: 500 },
  )
})

describe('limits', () => {
  const complexity = (text: string): string | null => {
    try {
      parseExpression(text)
      return null
    } catch (error) {
      return error instanceof Complaint ? error.diagnostic.code : 'thrown'
    }
  }
  const chain = (operator: string, count: number): string => Array(count).fill('a').join(` ${operator} `)

  test.each([
    ['90 brackets', `${'('.repeat(90)}a${')'.repeat(90)}`],
    ['240 terms of a sum', chain('+', 240)],
    ['2,000 conditions', chain('or', 2000)],
    ['4,000 values of a list', `a in (${chain(',', 4000)})`],
    ['90 times not', `${'not '.repeat(90)}a`],
  ])('%s are fine', (_, text) => expect(complexity(text)).toBe(null))

  test.each([
    ['110 brackets', `${'('.repeat(110)}a${')'.repeat(110)}`],
    ['10,000 open brackets', '('.repeat(10_000)],
    ['300 terms of a sum', chain('+', 300)],
    ['6,000 conditions', chain('or', 6000)],
    ['9,000 times minus', '-'.repeat(9000)],
    ['9,000 times not', 'not '.repeat(4000)],
    ['1,000 times is null', `a${' is null'.repeat(1000)}`],
    ['400 nested cases', `${'case when a then '.repeat(400)}b${' end'.repeat(400)}`],
    ['30,000 characters', `'${'x'.repeat(30_000)}'`],
  ])('%s are too much', (_, text) => expect(complexity(text)).toBe('expression-too-complex'))
})
