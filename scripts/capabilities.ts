/** The table of what each engine can do, from the same data as the compiler's errors. */
import { engineOptions, type Feature, features } from '../compiler/features.ts'
import { allTargets } from '../compiler/targets/registry.ts'
import type { Target } from '../compiler/targets/target.ts'

const shown = ['flink', 'ksqldb', 'spark', 'duckdb'] as const
const heads = ['Flink', 'ksqlDB', 'Spark', 'embedded']

/** Which engine has an option of its own; on every other one it is an unknown key. */
const owners: Readonly<Record<keyof typeof engineOptions, string>> = {
  late_topic: 'flink',
  late_rows: 'spark',
  emit: 'ksqldb',
  grace: 'ksqldb',
  parallelism: 'flink',
}

export function capabilityTable(): string {
  const targets = shown.map((name) => allTargets.find((each) => each.name === name)!)
  const rows = (Object.keys(features) as Feature[]).map((feature) =>
    row(
      features[feature],
      targets.map((each) => cell(each, feature)),
    ),
  )
  const options = Object.entries(engineOptions).map(([option, title]) =>
    row(
      title,
      shown.map((name) => (owners[option as keyof typeof owners] === name ? 'yes' : 'no')),
    ),
  )
  return [
    row('', heads),
    row(
      '---',
      heads.map(() => '---'),
    ),
    ...rows,
    ...options,
  ].join('\n')
}

function cell({ capabilities }: Target, feature: Feature): string {
  return capabilities[feature] === 'yes' ? 'yes' : 'no'
}

function row(first: string, cells: readonly string[]): string {
  return `| ${[first, ...cells].join(' | ')} |`
}
