import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { timed } from '../fixtures/processor-time.ts'

const example = readFileSync(new URL('../../pipeline.yaml', import.meta.url), 'utf8')

function codes(source: string | Uint8Array): string[] {
  return compile(source).diagnostics.map((each) => each.code)
}

describe('the bytes of a file', () => {
  test('the example is sound', () => {
    expect(codes(example)).toEqual([])
  })

  test('a file may have a megabyte and no more', () => {
    const padding = (length: number): string => `${example}#${'x'.repeat(length - example.length - 1)}`
    expect(Buffer.byteLength(example)).toBeGreaterThan(0)
    expect(codes(Buffer.from(`# ${'x'.repeat(1_000_000)}`))).toEqual(['file-too-large'])
    expect(codes(Buffer.from(padding(1_000_000 - (Buffer.byteLength(example) - example.length))))).toEqual([])
  })

  test.each([
    ['a lone continuation byte', [0x6e, 0x80], 2],
    ['a sequence cut short by the end', [0x6e, 0x6e, 0xc3], 3],
    ['an overlong form', [0xc0, 0xaf], 1],
    ['a surrogate', [0x6e, 0xed, 0xa0, 0x80], 2],
    ['UTF-16 with its byte order mark', [0xff, 0xfe, 0x6e, 0x00], 1],
    ['Latin-1', [...Buffer.from('name: caf'), 0xe9, 0x0a], 10],
  ])('%s is not UTF-8', (_, bytes, byte) => {
    const { diagnostics } = compile(Uint8Array.from(bytes))
    expect(diagnostics.map((each) => each.code)).toEqual(['invalid-utf8'])
    expect(diagnostics[0]?.message).toContain(`Byte ${byte} `)
  })

  test('a byte order mark is no part of the text', () => {
    expect(codes(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(example)]))).toEqual([])
    expect(codes(`\ufeff${example}`)).toEqual([])
  })

  test('a lone surrogate cannot be written', () => {
    expect(codes(`name: "\ud800"`)).toEqual(['control-character'])
  })
})

/** Every length is one that the limits let through, or many times one that they do not. */
describe('documents that would take too long', () => {
  test('anchors may not explode', () => {
    const level = (name: string, of: string): string => `${name}: &${name} [${`*${of}, `.repeat(10)}]`
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const bomb = ['a: &a [x]', ...names.slice(1).map((name, i) => level(name, names[i]!))].join('\n')
    expect(codes(bomb)).toEqual(['too-many-nodes'])
  })

  test('an anchor may not hold itself', () => {
    expect(codes('name: &a [*a]')).toEqual(['too-deep'])
  })

  test.each([
    ['brackets', '['.repeat(100_000)],
    ['braces', '{a: '.repeat(100_000)],
    ['dashes', '- '.repeat(100_000)],
    ['question marks', '? '.repeat(100_000)],
    ['indentation', Array.from({ length: 1300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    [
      'sequences in mappings',
      Array.from({ length: 900 }, (_, i) => `${' '.repeat(i)}${i % 2 ? '- ' : ''}a:`).join('\n'),
    ],
    ['keys', 'a: '.repeat(300_000)],
    ['fewer keys', 'a: '.repeat(14_000)],
    ['anchors', '&a '.repeat(29_000)],
    ['tags', '!a '.repeat(29_000)],
    ['commas', `a: [${','.repeat(59_000)}]`],
    ['question marks on lines', '?\n'.repeat(450_000)],
    ['lines of a block', `a: |\n${' x\n'.repeat(300_000)}`],
    ['lines of text', 'a\n'.repeat(450_000)],
    ['a megabyte of one key', `${'k'.repeat(999_000)}: 1`],
    ['eight thousand keys', Array.from({ length: 8_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['twenty thousand items', `a: [${'1,'.repeat(20_000)}]`],
    ['directives', '%YAML 1.2\n'.repeat(90_000)],
    ['documents', '---\n'.repeat(200_000)],
    ['line ends', '\n'.repeat(999_999)],
    ['quotes', '"'.repeat(999_999)],
    ['fewer quotes', '"'.repeat(59_000)],
    ['backslashes', `"${'\\\\'.repeat(400_000)}"`],
    ['spaces', `a: ${' '.repeat(990_000)}b`],
    ['carriage returns', '\r'.repeat(999_999)],
  ])('%s without end are told in time', (_, text) => {
    const { value, millis } = timed(() => compile(text))
    expect(value.diagnostics.length).toBeGreaterThan(0)
    expect(millis).toBeLessThan(5000)
  })
})

test('the YAML of a document keeps its own rules whatever a directive says', () => {
  expect(codes(`%YAML 1.1\n---\n${example.replace('name: transactions', 'name: yes')}`)).toEqual([])
})
