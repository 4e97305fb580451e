/** Every "no" of the capability table is a compile error: at the line that asks for it, with the engine's name. */
import { describe, expect, test } from 'vitest'
import { titles } from '../../compiler/check.ts'
import { compile } from '../../compiler/compile.ts'
import { type engineOptions, type Feature, features } from '../../compiler/features.ts'
import type { EngineName } from '../../compiler/ir.ts'
import { allTargets } from '../../compiler/targets/registry.ts'
import { capabilityTable } from '../../scripts/capabilities.ts'

const engines = ['flink', 'ksqldb', 'spark'] as const

/** A pipeline on one engine, with the line that asks for the feature marked. */
const asking: Partial<Record<Feature, (engine: EngineName) => string>> = {
  'window-offset': (engine) =>
    pipeline(engine, { window: 'window:\n  type: tumbling\n  size: 1h\n  offset: 15m # here' }),
  'aggregate-count-distinct': (engine) => pipeline(engine, { metric: 'count(distinct v) # here' }),
}

const options: Readonly<
  Record<keyof typeof engineOptions, { readonly owner: EngineName; readonly value: string }>
> = {
  late_topic: { owner: 'flink', value: 'late' },
  late_rows: { owner: 'spark', value: 'exact' },
  emit: { owner: 'ksqldb', value: 'changes' },
  grace: { owner: 'ksqldb', value: '1h' },
  parallelism: { owner: 'flink', value: '2' },
}

interface Wishes {
  readonly window?: string
  readonly metric?: string
  readonly option?: string
}

function pipeline(engine: EngineName, { window, metric, option }: Wishes): string {
  return `name: asks
source:
  topic: asks
  fields: { at: timestamp, v: int }
  event_time: { field: at, format: epoch_millis }
${window ?? 'window: { type: tumbling, size: 1h }'}
metrics:
  x: ${metric ?? 'sum(v)'}
engines:
  ${engine}:
    topic: asked
${option === undefined ? '' : `    ${option} # here`}
`
}

function complaints(text: string) {
  const marked = text.split('\n').findIndex((line) => line.includes('# here')) + 1
  const { output, diagnostics } = compile(text)
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const lines = errors.map(({ at }) => text.slice(0, at.start).split('\n').length)
  return { output, errors, lines, marked }
}

const refused = engines.flatMap((engine) => {
  const { capabilities } = allTargets.find(({ name }) => name === engine)!
  const lacking = (Object.keys(capabilities) as Feature[]).filter((each) => capabilities[each] !== 'yes')
  return lacking.map((feature) => ({ engine, feature }))
})

const misplaced = Object.entries(options).flatMap(([option, { owner, value }]) =>
  engines.filter((engine) => engine !== owner).map((engine) => ({ engine, option, value, owner })),
)

describe('a feature that an engine lacks', () => {
  test.each(refused)('$feature on $engine', ({ engine, feature }) => {
    const write = asking[feature]
    if (write === undefined) throw new Error(`no pipeline here asks for ${feature}`)
    const { output, errors, lines, marked } = complaints(write(engine))
    expect(output).toBeNull()
    expect(errors.map(({ code }) => code)).toEqual(['unsupported'])
    expect(lines).toEqual([marked])
    expect(errors[0]!.message).toContain(titles[engine])
    expect(errors[0]!.message).toContain(features[feature])
  })
})

describe("an option of another engine's", () => {
  test.each(misplaced)('$option on $engine', ({ engine, option, value, owner }) => {
    const { output, errors, lines, marked } = complaints(pipeline(engine, { option: `${option}: ${value}` }))
    expect(output).toBeNull()
    expect(errors).toHaveLength(1)
    expect(lines).toEqual([marked])
    expect(`${errors[0]!.message} ${errors[0]!.hint}`).toContain(engine)
    const own = option === 'grace' ? `${option}: ${value}\n    emit: changes` : `${option}: ${value}`
    expect(complaints(pipeline(owner, { option: own })).errors).toEqual([])
  })
})

test('the table says "no" there and nowhere else', () => {
  const no = capabilityTable()
    .split('\n')
    .flatMap((line) => line.split('|').filter((cell) => cell.trim() === 'no'))
  // The embedded engine has no options of its own.
  expect(no).toHaveLength(refused.length + misplaced.length + Object.keys(options).length)
})
