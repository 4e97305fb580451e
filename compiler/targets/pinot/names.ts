/** What Pinot can take as the name of a table or of a column. */
import type { EngineName, Pipeline, Span } from '../../ir.ts'

/**
 * The table that serves a topic: runs of characters outside [A-Za-z0-9] become one `_`. Pinot refuses `.`, blanks and
 * `__` (its separator inside segment names), and takes `_REALTIME` and `_OFFLINE` at the end for the table's type.
 */
export function tableName(topic: string): string {
  const name = topic.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_(REALTIME|OFFLINE)$/, lowerCase)
  const trimmed = name.replaceAll(/^_|_$/g, '')
  return trimmed === '' ? 'results' : trimmed
}

function lowerCase(text: string): string {
  return text.toLowerCase()
}

/** Two topics whose tables would have one name; Pinot's queries ignore case. */
export interface TableCollision {
  readonly engine: EngineName
  readonly topic: string
  readonly other: string
  readonly table: string
}

export function tableCollisions(pipeline: Pipeline): readonly TableCollision[] {
  const seen = new Map<string, string>()
  return servedTopics(pipeline).flatMap(({ engine, topic }) => {
    const table = tableName(topic)
    const other = seen.get(table.toLowerCase())
    seen.set(table.toLowerCase(), topic)
    return other === undefined ? [] : [{ engine, topic, other, table }]
  })
}

export interface ServedTopic {
  readonly engine: EngineName
  readonly topic: string
}

/** The engines' result topics that Pinot serves, in the order of `serving.pinot.engines`. */
export function servedTopics({ pinot, engines }: Pipeline): readonly ServedTopic[] {
  return (pinot?.engines ?? []).flatMap((engine) => {
    const settings = engines[engine]
    return settings === null ? [] : [{ engine, topic: settings.topic }]
  })
}

/**
 * A name that Pinot refuses has blanks in it. Others Pinot 0.11.0 accepted, and lost rows when it sealed a segment: those
 * with `\ / , : =` or outside ASCII, beginning with `# !` or `$` (its hidden columns), holding `${`, or `*` alone.
 */
const column = /^(?!\$)(?!.*\$\{)[A-Za-z0-9_.$"'`;%&@()<>?^|~+{}[\]-]+$/

const longestColumn = 128

export interface ColumnProblem {
  readonly name: string
  readonly at: Span
}

/** The output columns that Pinot cannot serve safely, where pipeline.yaml names them. */
export function columnProblems({ groupBy, metrics }: Pipeline): readonly ColumnProblem[] {
  return [...groupBy, ...metrics]
    .filter(({ name }) => name.length > longestColumn || !column.test(name))
    .map(({ name, at }) => ({ name, at }))
}
