import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../../compiler/expression/parser.ts'
import { Typer } from '../../../compiler/expression/typer.ts'
import type { Field, Type } from '../../../compiler/ir.ts'
import { condition, term } from '../../../compiler/targets/ksqldb/expressions.ts'
import { identifier } from '../../../compiler/targets/ksqldb/quoting.ts'
import { nullable, safe } from '../../../compiler/targets/ksqldb/term.ts'
import { syntaxErrors } from './ksqldb-grammar.ts'

const at = { start: 0, end: 0 }
const types: Record<string, Type> = {
  a: { kind: 'bigint' },
  b: { kind: 'bigint' },
  n: { kind: 'int' },
  x: { kind: 'double' },
  y: { kind: 'double' },
  d: { kind: 'decimal', precision: 10, scale: 2 },
  s: { kind: 'string' },
  t: { kind: 'string' },
  o: { kind: 'boolean' },
}
const fields: Field[] = Object.entries(types).map(([name, type]) => ({ name, type, at }))
const typer = (): Typer => new Typer(fields, 'topic', (span) => span)
const scope = (name: string) => nullable(identifier(name))

function where(text: string): string {
  return condition(typer().condition(parseExpression(text), false), scope).replaceAll('`', '')
}

function value(text: string): string {
  return safe(term(typer().value(parseExpression(text)), scope)).replaceAll('`', '')
}

const conditions: [string, string][] = [
  ['a = 1', 'a = 1'],
  ['not (a = b)', 'a <> b'],
  ['not (a < b)', 'a >= b'],
  ['a not in (1, 3)', 'a IS NOT NULL AND NOT (a IN (1, 3))'],
  ["s in ('x', 'y')", "s IN ('x', 'y')"],
  ['d in (1.50, 2.25)', "(d = CAST('1.50' AS DECIMAL(10, 2)) OR d = CAST('2.25' AS DECIMAL(10, 2)))"],
  ['x not in (1.5)', 'x <> 1.5E0'],
  ['a between 0 and 5', 'a BETWEEN 0 AND 5'],
  ['a not between 0 and 5', '(a < 0 OR a > 5)'],
  ["s like 'a%'", "s IS NOT NULL AND REGEXP_EXTRACT('(?s)^a.*(?!.)', s) IS NOT NULL"],
  ["s not like 'a%'", "s IS NOT NULL AND REGEXP_EXTRACT('(?s)^a.*(?!.)', s) IS NULL"],
  ["s like 'a.[b]_'", "s IS NOT NULL AND REGEXP_EXTRACT('(?s)^a\\.\\[b\\].(?!.)', s) IS NOT NULL"],
  ["s like '10''%%' escape ''''", "s IS NOT NULL AND REGEXP_EXTRACT('(?s)^10%.*(?!.)', s) IS NOT NULL"],
  ["s like '!#%%' escape '#'", "s IS NOT NULL AND REGEXP_EXTRACT('(?s)^!%.*(?!.)', s) IS NOT NULL"],
  ['o', 'COALESCE(o, FALSE)'],
  ['not o', 'NOT COALESCE(o, TRUE)'],
  ['a is null', 'a IS NULL'],
  ['(a + b) is null', 'NOT (a IS NOT NULL AND b IS NOT NULL)'],
  ['a + b is not null', 'a IS NOT NULL AND b IS NOT NULL'],
  ['x / y > 1', 'x IS NOT NULL AND y <> 0 AND (x / y) > 1E0'],
  ['a % b = 1', 'a IS NOT NULL AND b <> 0 AND (a % b) = 1'],
  ['a * 2 > b or s = t', '((a IS NOT NULL AND (a * 2) > b) OR s = t)'],
  ['not (a * 2 > b or s = t)', 'a IS NOT NULL AND (a * 2) <= b AND s <> t'],
  ["'a' || s = t", "s IS NOT NULL AND CONCAT('a', s) = t"],
  ['d > 1.5', "d > CAST('1.5' AS DECIMAL(10, 2))"],
  ['a > 5000000000', 'a > 5000000000'],
  ['a = -9223372036854775808', 'a = -9223372036854775808'],
  ['n = 3', 'n = 3'],
  ['s = cast(null as string)', "s = CASE WHEN 1 = 0 THEN '' END"],
]

const values: [string, string][] = [
  ['a', 'a'],
  ['5', 'CAST(5 AS BIGINT)'],
  ['5000000000', '5000000000'],
  ['1.5', '1.5E0'],
  ['1e20', '1E20'],
  ['a + 1', 'CASE WHEN a IS NOT NULL THEN (a + 1) END'],
  ['2 * 3', '(CAST(2 AS BIGINT) * CAST(3 AS BIGINT))'],
  ['-a', 'CASE WHEN a IS NOT NULL THEN (CAST(0 AS BIGINT) - a) END'],
  ['-d', 'CASE WHEN d IS NOT NULL THEN CAST((CAST(0 AS DECIMAL(10, 2)) - d) AS DECIMAL(10, 2)) END'],
  [
    'a / b',
    'CASE WHEN a IS NOT NULL AND CAST(b AS DOUBLE) <> 0 THEN (CAST(a AS DOUBLE) / CAST(b AS DOUBLE)) END',
  ],
  ['a / 4', 'CASE WHEN a IS NOT NULL THEN (CAST(a AS DOUBLE) / 4E0) END'],
  [
    'a / (a - b)',
    'CASE WHEN a IS NOT NULL AND b IS NOT NULL AND CAST((a - b) AS DOUBLE) <> 0 THEN (CAST(a AS DOUBLE) / CAST((a - b) AS DOUBLE)) END',
  ],
  ['a % b', 'CASE WHEN a IS NOT NULL AND b <> 0 THEN (a % b) END'],
  ["s || '-' || t", "CASE WHEN s IS NOT NULL AND t IS NOT NULL THEN CONCAT(s, '-', t) END"],
  [
    'coalesce(a + b, 0)',
    'COALESCE(CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN (a + b) END, CAST(0 AS BIGINT))',
  ],
  ['coalesce(null, a)', 'COALESCE(CAST(NULL AS BIGINT), a)'],
  [
    'a + cast(null as bigint)',
    'CASE WHEN a IS NOT NULL AND 1 = 0 THEN (a + CASE WHEN 1 = 0 THEN CAST(0 AS BIGINT) END) END',
  ],
  ['nullif(a, 0)', 'NULLIF(a, CAST(0 AS BIGINT))'],
  ['nullif(x, 0)', 'CASE WHEN x = 0E0 THEN CAST(NULL AS DOUBLE) ELSE x END'],
  ['case when a > 1 then a end', 'CASE WHEN a > 1 THEN a ELSE CAST(NULL AS BIGINT) END'],
  ["case when o then 'y' else 'n' end", "CASE WHEN COALESCE(o, FALSE) THEN 'y' ELSE 'n' END"],
  ['cast(n as bigint)', 'n'],
  ['cast(n as string)', 'CAST(n AS VARCHAR)'],
  [
    'cast(s as bigint)',
    "CASE WHEN s IS NOT NULL AND REGEXP_EXTRACT('^[+-]?[0-9]{1,38}$', s) = s AND CAST(s AS DECIMAL(38, 0)) BETWEEN CAST('-9223372036854775808' AS DECIMAL(19, 0)) AND CAST('9223372036854775807' AS DECIMAL(19, 0)) THEN CAST(s AS BIGINT) END",
  ],
  ['cast(a as decimal(21, 2))', 'CAST(a AS DECIMAL(21, 2))'],
  [
    'cast(a as decimal(5, 1))',
    'CASE WHEN a IS NOT NULL AND a BETWEEN -9999 AND 9999 THEN CAST(a AS DECIMAL(5, 1)) END',
  ],
  ['cast(n as decimal(10, 0))', 'CAST(n AS DECIMAL(10, 0))'],
  [
    'cast(s as double)',
    "CASE WHEN s IS NOT NULL AND REGEXP_EXTRACT('^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$', s) = s THEN CAST(s AS DOUBLE) END",
  ],
  ['cast(x as bigint)', 'CASE WHEN x IS NOT NULL AND ABS(x) <= 9007199254740992 THEN CAST(x AS BIGINT) END'],
  ['cast(d as double)', 'CAST(d AS DOUBLE)'],
  ['cast(d as decimal(12,2))', 'CAST(d AS DECIMAL(12, 2))'],
  ['floor(x)', 'CASE WHEN ABS(x) >= 9007199254740992 THEN x ELSE CAST(FLOOR(x) AS DOUBLE) END'],
  ['ceil(x)', 'CASE WHEN ABS(x) >= 9007199254740992 THEN x ELSE CAST(CEIL(x) AS DOUBLE) END'],
  [
    'round(x)',
    'CASE WHEN ABS(x) >= 9007199254740992 THEN x WHEN x < 0 THEN CAST(0 AS DOUBLE) - CAST(ROUND(ABS(x)) AS DOUBLE) ELSE CAST(ROUND(x) AS DOUBLE) END',
  ],
  ['round(x, 1)', 'CASE WHEN x < 0 THEN CAST(0 AS DOUBLE) - ROUND(ABS(x), 1) ELSE ROUND(x, 1) END'],
  ['abs(a)', 'ABS(a)'],
  ['abs(a - b)', 'CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ABS((a - b)) END'],
  ['upper(s)', 'UCASE(s)'],
  ['lower(trim(s))', "LCASE(REGEXP_REPLACE(s, '(?s)^ +| +(?!.)', ''))"],
  ['length(s)', 'CAST(LEN(s) AS BIGINT)'],
  ['substring(s, 2)', 'SUBSTRING(s, 2)'],
  ['substring(s, 2, 3)', 'SUBSTRING(s, 2, 3)'],
  ["'${user}'", "CONCAT('$', '{user}')"],
  ["'it''s'", "'it''s'"],
]

describe('conditions are true exactly where SQL says true', () => {
  test.each(conditions)('%s', (text, expected) => {
    expect(where(text)).toBe(expected)
    expect(syntaxErrors(`CREATE STREAM q AS SELECT * FROM q WHERE ${where(text)} EMIT CHANGES;`)).toEqual([])
  })
})

describe('values are null, and fail nothing, where SQL says null', () => {
  test.each(values)('%s', (text, expected) => {
    expect(value(text)).toBe(expected)
    expect(syntaxErrors(`CREATE STREAM q AS SELECT ${value(text)} AS v FROM q EMIT CHANGES;`)).toEqual([])
  })
})
