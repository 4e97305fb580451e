/** One pipeline and its records: what a run takes, what is shrunk, and what is printed when engines differ. */
import { stringify } from 'yaml'
import { compile, type Output } from '../../compiler/compile.ts'
import type { EngineName } from '../../compiler/ir.ts'

/** Of a pipeline.yaml, without the names that a run gives it. */
export interface Parts {
  readonly fields: Readonly<Record<string, string>>
  readonly partitions: number
  readonly format: string
  readonly zone: string
  readonly delay: string
  readonly where: string | null
  readonly window: Readonly<Record<string, string>>
  readonly groupBy: readonly string[]
  readonly metrics: Readonly<Record<string, string>>
  /** Flink's. */
  readonly parallelism: number
  /** Whether rows come later than the delay: then Spark is asked for the late rule to the row, and Flink for a late topic. */
  readonly late: boolean
}

/** A record's value, as JSON texts by field, or as a line that is none. */
export interface Sent {
  readonly value: Readonly<Record<string, string>> | string
  readonly partition: number
}

export interface Case {
  /** How to run it again: a seed and a number, or a sentence. */
  readonly title: string
  readonly parts: Parts
  /** In order of arrival. */
  readonly records: readonly Sent[]
  /** Metrics whose doubles depend on the order of adding. */
  readonly loose: ReadonlySet<string>
}

export const timeField = 'at'

export function lineOf({ value }: Sent): string {
  if (typeof value === 'string') return value
  const entries = Object.entries(value).map(([name, text]) => `${JSON.stringify(name)}:${text}`)
  return `{${entries.join(',')}}`
}

export function pipelineText(parts: Parts, name: string, engines: readonly EngineName[]): string {
  const settings = {
    flink: flinkSettings(parts, name),
    spark: sparkSettings(parts, name),
    ksqldb: ksqldbSettings(parts, name),
  }
  return stringify({
    name,
    source: {
      topic: `${name}_in`,
      ...(parts.partitions === 1 ? {} : { partitions: parts.partitions }),
      fields: parts.fields,
      event_time: {
        field: timeField,
        format: parts.format,
        ...(parts.zone === 'UTC' ? {} : { time_zone: parts.zone }),
        watermark_delay: parts.delay,
      },
    },
    ...(parts.where === null ? {} : { where: parts.where }),
    window: parts.window,
    ...(parts.groupBy.length === 0 ? {} : { group_by: parts.groupBy }),
    metrics: parts.metrics,
    engines: Object.fromEntries(engines.map((engine) => [engine, settings[engine]])),
  })
}

function flinkSettings({ window, late, parallelism }: Parts, name: string) {
  return {
    topic: `${name}_flink`,
    ...(late && window.type !== 'session' ? { late_topic: `${name}_late` } : {}),
    ...(parallelism === 1 ? {} : { parallelism }),
  }
}

function ksqldbSettings({ partitions }: Parts, name: string) {
  return { topic: `${name}_ksqldb`, ...(partitions === 1 ? {} : { emit: 'changes', grace: '400d' }) }
}

function sparkSettings({ late }: Parts, name: string) {
  return { topic: `${name}_spark`, ...(late ? { late_rows: 'exact' } : {}) }
}

/** @throws Error with the diagnostics: what this suite writes is meant to compile. */
export function compiledOrThrow(text: string): Output {
  const { output, diagnostics } = compile(text)
  if (output !== null) return output
  const words = diagnostics.map(({ code, message, hint }) => `${code}: ${message} ${hint ?? ''}`)
  throw new Error(`${words.join('\n')}\n${text}`)
}
