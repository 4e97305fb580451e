import { describe, expect, test } from 'vitest'
import type {
  Aggregate,
  Condition,
  EventTime,
  Field,
  FlinkEngine,
  Pipeline,
  Source,
  Type,
  Value,
  Window,
} from '../../../compiler/ir.ts'
import type { FlinkJobResource } from '../../../compiler/manifest.ts'
import { render } from '../../../compiler/render.ts'
import { condition, value } from '../../../compiler/targets/flink/expression.ts'
import { earlier, interval } from '../../../compiler/targets/flink/interval.ts'
import { nameList, name as quoted } from '../../../compiler/targets/flink/quote.ts'
import { flink } from '../../../compiler/targets/flink/target.ts'
import { parseTimeFormat } from '../../../compiler/time-format.ts'
import { demo } from '../../fixtures/demo.ts'
import { syntaxErrors } from './flink-grammar.ts'

const at = { start: 0, end: 0 }
const string: Type = { kind: 'string' }
const int: Type = { kind: 'int' }
const bigint: Type = { kind: 'bigint' }
const double: Type = { kind: 'double' }
const boolean: Type = { kind: 'boolean' }
const timestamp: Type = { kind: 'timestamp' }
const price: Type = { kind: 'decimal', precision: 10, scale: 2 }

interface Changes {
  readonly source?: Partial<Source>
  readonly eventTime?: Partial<EventTime>
  readonly flink?: Partial<FlinkEngine>
  readonly pipeline?: Partial<Pipeline>
}

function changed({ source, eventTime, flink: engine, pipeline }: Changes): Pipeline {
  return {
    ...demo,
    ...pipeline,
    source: { ...demo.source, ...source, eventTime: { ...demo.source.eventTime, ...eventTime } },
    engines: { ...demo.engines, flink: { ...demo.engines.flink!, ...engine } },
  }
}

function script(changes: Changes = {}): string {
  const [artifact] = flink.emit(changed(changes))
  if (artifact === undefined || !('template' in artifact)) throw new Error('no script')
  const text = render(artifact.template, artifact.view)
  expect(syntaxErrors(text)).toEqual([])
  return text
}

function resource(changes: Changes = {}): FlinkJobResource {
  return flink.resources(changed(changes))[0] as unknown as FlinkJobResource
}

function field(name: string, type: Type): Field {
  return { name, type, at }
}

function of(name: string, type: Type): Value {
  return { kind: 'field', name, type, at }
}

function format(text: string): EventTime['format'] {
  const parsed = parseTimeFormat(text)
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed
}

describe('the script', () => {
  test('reads the topic with the clock of the rows that where keeps', () => {
    expect(script()).toContain(
      "WATERMARK FOR `event_timestamp` AS CASE WHEN `status` = 'Paid'\n    THEN FLOOR((`event_timestamp` - INTERVAL '5' SECOND) TO SECOND) - INTERVAL '0.001' SECOND END",
    )
    expect(script()).toContain("'scan.watermark.emit.strategy' = 'on-event'")
  })

  test('the clock steps as far as every bound of windows allows', () => {
    const clock = (window: Window, watermarkDelay: number): string | undefined =>
      /(?:THEN|AS) (.*) END\n\) WITH/.exec(
        script({ pipeline: { window }, eventTime: { watermarkDelay } }),
      )?.[1]
    const less = "- INTERVAL '0.001' SECOND"
    expect(clock({ kind: 'tumbling', size: 7_200_000, offset: 0, at }, 0)).toBe(
      `FLOOR(\`event_timestamp\` TO HOUR) ${less}`,
    )
    expect(clock({ kind: 'hopping', size: 3_600_000, advance: 300_000, offset: 0, at }, 1)).toBe(
      `FLOOR((\`event_timestamp\` - INTERVAL '0.001' SECOND) TO MINUTE) ${less}`,
    )
    expect(clock({ kind: 'tumbling', size: 2_500, offset: 0, at }, 0)).toBe(`\`event_timestamp\` ${less}`)
    expect(clock({ kind: 'session', gap: 60_000, at }, 5_000)).toBe(
      "`event_timestamp` - INTERVAL '5.001' SECOND",
    )
  })

  test('has a plain clock without where', () => {
    expect(script({ pipeline: { where: null } })).toContain(
      "WATERMARK FOR `event_timestamp` AS FLOOR((`event_timestamp` - INTERVAL '5' SECOND) TO SECOND) - INTERVAL '0.001' SECOND\n",
    )
  })

  test('keeps rows of either side of an or, and only those with a time', () => {
    const where: Condition = {
      kind: 'or',
      operands: [
        { kind: 'is-null', value: of('status', string), negated: false, at },
        { kind: 'is-null', value: of('user_id', string), negated: true, at },
      ],
      at,
    }
    expect(script({ pipeline: { where } })).toContain(
      'WHERE (`status` IS NULL OR `user_id` IS NOT NULL) AND `event_timestamp` IS NOT NULL',
    )
  })

  test('selects behind the filter only what is aggregated', () => {
    expect(script()).toContain('AS\nSELECT\n  `total_paid`,\n  `event_timestamp`\nFROM `transactions`')
  })

  test('writes the columns in the promised order and keys each row by window and group', () => {
    const text = script({ pipeline: { groupBy: [field('user_id', string)] } })
    expect(text).toContain(
      '`window_start` BIGINT,\n  `window_end` BIGINT,\n  `user_id` STRING,\n  `total_paid` BIGINT,\n  `total_transactions` BIGINT,\n  `average_paid` DOUBLE\n)',
    )
    expect(text).toContain("'key.fields' = 'window_start;user_id'")
    expect(text).toContain('GROUP BY `window_start`, `window_end`, `user_id`;')
  })

  test('never uses more subtasks than there are partitions', () => {
    expect(script({ flink: { parallelism: 8 } })).toContain("'parallelism.default' = '3'")
  })
})

describe('windows', () => {
  const windows: readonly [Window, string][] = [
    [
      { kind: 'tumbling', size: 3_000, offset: 0, at },
      "TUMBLE(TABLE `transactions_kept`, DESCRIPTOR(`event_timestamp`), INTERVAL '3' SECOND)",
    ],
    [
      { kind: 'tumbling', size: 86_400_000, offset: 3_600_000, at },
      "TUMBLE(TABLE `transactions_kept`, DESCRIPTOR(`event_time`), INTERVAL '1' DAY)",
    ],
    [
      { kind: 'hopping', size: 600_000, advance: 60_000, offset: 0, at },
      "HOP(TABLE `transactions_kept`, DESCRIPTOR(`event_timestamp`), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)",
    ],
    [
      { kind: 'session', gap: 500, at },
      "SESSION(TABLE `transactions_kept`, DESCRIPTOR(`event_timestamp`), INTERVAL '0.5' SECOND)",
    ],
  ]
  test.each(windows)('%j', (window, sql) => {
    expect(script({ pipeline: { window } })).toContain(`FROM TABLE(${sql})\n`)
  })

  test('an offset is taken off the clock and put back on the bounds', () => {
    const text = script({ pipeline: { window: { kind: 'tumbling', size: 3_000, offset: 500, at } } })
    expect(text).toContain("`event_time` AS `event_timestamp` - INTERVAL '0.5' SECOND,")
    expect(text).toContain(
      "THEN FLOOR((`event_time` - INTERVAL '5' SECOND) TO SECOND) - INTERVAL '0.001' SECOND END",
    )
    expect(text).toContain('EXTRACT(MILLISECOND FROM `window_start`) + 500,')
    expect(text).toContain('EXTRACT(MILLISECOND FROM `window_end`) + 500,')
  })

  test('sessions are told apart by their groups', () => {
    const groupBy = [field('user_id', string), field('status', string)]
    expect(script({ pipeline: { window: { kind: 'session', gap: 5_000, at }, groupBy } })).toContain(
      'SESSION(TABLE `transactions_kept` PARTITION BY (`user_id`, `status`), DESCRIPTOR',
    )
  })
})

describe('lengths of time', () => {
  test.each([
    [1, "INTERVAL '0.001' SECOND"],
    [99_999, "INTERVAL '99.999' SECOND"],
    [100_001, "INTERVAL '0 00:01:40.001' DAY TO SECOND"],
    [150_000, "INTERVAL '0 00:02:30' DAY TO SECOND"],
    [5_400_000, "INTERVAL '90' MINUTE"],
    [99 * 86_400_000, "INTERVAL '99' DAY"],
    [36_500 * 86_400_000, "INTERVAL '36500' DAY(5)"],
    [100 * 86_400_000 + 1, "INTERVAL '100 00:00:00.001' DAY(3) TO SECOND"],
  ])('%i ms', (millis, sql) => expect(interval(millis)).toBe(sql))

  test('more days than arithmetic takes are multiplied', () => {
    expect(earlier(quoted('t'), 36_500 * 86_400_000 + 1)).toBe(
      "`t` - INTERVAL '1' DAY * 36500 - INTERVAL '0.001' SECOND",
    )
  })
})

describe('event times', () => {
  test('what JSON can read is left to it', () => {
    expect(script()).toContain('`event_timestamp` TIMESTAMP(3),')
    const iso = script({ eventTime: { format: { kind: 'iso8601' } } })
    expect(iso).toContain('`event_timestamp` TIMESTAMP_LTZ(3),')
    expect(iso).toContain("'json.timestamp-format.standard' = 'ISO-8601'")
  })

  test('another pattern is parsed strictly', () => {
    expect(script({ eventTime: { format: format("dd.MM.yyyy'T'HH:mm") } })).toContain(
      "`event_time` AS CASE WHEN DATE_FORMAT(TO_TIMESTAMP(`event_timestamp`, 'dd.MM.yyyy''T''HH:mm'), 'dd.MM.yyyy''T''HH:mm') = `event_timestamp` THEN TO_TIMESTAMP(`event_timestamp`, 'dd.MM.yyyy''T''HH:mm') END",
    )
  })

  test('a time zone is that of the pattern', () => {
    expect(script({ eventTime: { timeZone: 'Europe/Berlin' } })).toContain(
      "THEN TO_TIMESTAMP_LTZ(`event_timestamp`, 'yyyy-MM-dd HH:mm:ss.SSS', 'Europe/Berlin') END",
    )
  })

  test('epochs are numbers', () => {
    const seconds = script({ eventTime: { format: { kind: 'epoch_seconds' } } })
    expect(seconds).toContain(
      '`event_timestamp` BIGINT,\n  `event_time` AS TO_TIMESTAMP_LTZ(`event_timestamp`, 0),',
    )
    expect(script({ eventTime: { format: { kind: 'epoch_millis' } } })).toContain(
      'TO_TIMESTAMP_LTZ(`event_timestamp`, 3)',
    )
  })

  test('the clock of a pipeline that has a field of its name has another', () => {
    const fields = [...demo.source.fields, field('event_time', string)]
    const text = script({ source: { fields }, eventTime: { format: { kind: 'epoch_millis' } } })
    expect(text).toContain('`event_time_` AS TO_TIMESTAMP_LTZ(')
  })

  test("a field named as the window functions' own column has an alias behind the filter", () => {
    const fields = [...demo.source.fields, field('window_time', string)]
    const text = script({ source: { fields }, pipeline: { groupBy: [field('window_time', string)] } })
    expect(text).toContain('`window_time` AS `window_time_value`')
    expect(text).toContain('GROUP BY `window_start`, `window_end`, `window_time_value`;')
    expect(text).toContain('`window_end` BIGINT,\n  `window_time` STRING')
  })

  test('timestamps are milliseconds wherever they are values', () => {
    const metrics = [
      {
        name: 'last',
        aggregate: { kind: 'max', argument: of('event_timestamp', timestamp) },
        type: timestamp,
        at,
      },
    ] as const
    const text = script({ pipeline: { metrics } })
    expect(text).toContain(
      '(EXTRACT(EPOCH FROM `event_timestamp`) * 1000 + EXTRACT(MILLISECOND FROM `event_timestamp`)) AS `event_timestamp_value`',
    )
    expect(text).toContain('MAX(`event_timestamp_value`)')
    expect(text).toContain('`last` BIGINT')
  })
})

describe('aggregates', () => {
  const cases: readonly [Aggregate, Type, string][] = [
    [{ kind: 'count-rows' }, bigint, 'COUNT(*)'],
    [{ kind: 'count', argument: of('x', string) }, bigint, 'COUNT(`x`)'],
    [{ kind: 'count-distinct', argument: of('x', string) }, bigint, 'COUNT(DISTINCT `x`)'],
    [{ kind: 'sum', argument: of('x', int) }, bigint, 'SUM(CAST(`x` AS BIGINT))'],
    [{ kind: 'sum', argument: of('x', price) }, { kind: 'decimal', precision: 38, scale: 2 }, 'SUM(`x`)'],
    [
      { kind: 'avg', argument: of('x', int) },
      double,
      'CAST(SUM(CAST(`x` AS BIGINT)) AS DOUBLE) / COUNT(`x`)',
    ],
    [{ kind: 'max', argument: of('x', int) }, bigint, 'CAST(MAX(`x`) AS BIGINT)'],
    [{ kind: 'min', argument: of('x', string) }, string, 'MIN(`x`)'],
  ]
  test.each(cases)('%j as %j', (aggregate, type, sql) => {
    const operand = aggregate.kind === 'count-rows' ? int : aggregate.argument.type
    const source = { fields: [field('x', operand), field('event_timestamp', timestamp)] }
    const pipeline = { where: null, metrics: [{ name: 'm', aggregate, type, at }] }
    expect(script({ source, pipeline })).toContain(`  ${sql}\nFROM TABLE(`)
  })

  test('decimals are written out', () => {
    const source = { fields: [field('x', price), field('event_timestamp', timestamp)] }
    const text = script({ source, pipeline: { where: null, metrics: [], groupBy: [field('x', price)] } })
    expect(text).toContain("'key.json.encode.decimal-as-plain-number' = 'true'")
    expect(text).toContain("'value.json.encode.decimal-as-plain-number' = 'true'")
  })
})

describe('expressions', () => {
  const a = of('a', bigint)
  const d = of('d', double)
  const s = of('s', string)
  const text = (content: string): Value => ({
    kind: 'literal',
    literal: { kind: 'string', text: content },
    type: string,
    at,
  })
  const whole = (content: bigint): Value => ({
    kind: 'literal',
    literal: { kind: 'integer', value: content },
    type: bigint,
    at,
  })
  const real = (content: number): Value => ({
    kind: 'literal',
    literal: { kind: 'double', value: content },
    type: double,
    at,
  })

  const values: readonly [Value, string][] = [
    [
      { kind: 'arithmetic', operator: '-', left: a, right: whole(1n), type: bigint, at },
      '(`a` - CAST(1 AS BIGINT))',
    ],
    [{ kind: 'divide', left: d, right: d, type: double, at }, '(`d` / NULLIF(`d`, 0E0))'],
    [{ kind: 'modulo', left: a, right: a, type: bigint, at }, 'MOD(`a`, NULLIF(`a`, CAST(0 AS BIGINT)))'],
    [
      { kind: 'negate', operand: { kind: 'negate', operand: a, type: bigint, at }, type: bigint, at },
      '(-((-(`a`))))',
    ],
    [{ kind: 'concat', left: s, right: text("it's"), type: string, at }, "(`s` || CAST('it''s' AS STRING))"],
    [{ kind: 'coalesce', operands: [s, text('')], type: string, at }, "COALESCE(`s`, CAST('' AS STRING))"],
    [{ kind: 'null', type: price, at }, 'CAST(NULL AS DECIMAL(10, 2))'],
    [real(0.1), '0.1E0'],
    [real(1e21), '1E21'],
    [real(5e-324), '5E-324'],
    [{ kind: 'literal', literal: { kind: 'decimal', digits: '12.50' }, type: price, at }, '12.50'],
    [
      { kind: 'call', function: 'length', operands: [s], type: bigint, at },
      'CAST(CHAR_LENGTH(`s`) AS BIGINT)',
    ],
    [
      { kind: 'call', function: 'substring', operands: [s, whole(2n), whole(3n)], type: string, at },
      'SUBSTRING(`s`, 2, 3)',
    ],
    [{ kind: 'call', function: 'round', operands: [d, whole(2n)], type: double, at }, 'ROUND(`d`, 2)'],
    [
      { kind: 'cast', operand: of('b', boolean), type: string, at },
      "CASE WHEN `b` THEN 'true' WHEN NOT `b` THEN 'false' END",
    ],
    [
      { kind: 'cast', operand: s, type: bigint, at },
      "CASE WHEN REGEXP(`s`, '^[+-]?[0-9]+$') THEN TRY_CAST(`s` AS BIGINT) END",
    ],
    [
      { kind: 'cast', operand: d, type: bigint, at },
      'CASE WHEN ABS(`d`) <= 9007199254740992E0 THEN CAST(`d` AS BIGINT) END',
    ],
    [{ kind: 'cast', operand: a, type: double, at }, 'CAST(`a` AS DOUBLE)'],
  ]
  test.each(values)('%#: %s', (node, sql) => {
    expect(value(node, quoted)).toBe(sql)
    expect(syntaxErrors(`SELECT ${sql} FROM t;`)).toEqual([])
  })

  const conditions: readonly [Condition, string][] = [
    [{ kind: 'compare', operator: '<>', left: s, right: text('x'), at }, "`s` <> 'x'"],
    [{ kind: 'compare', operator: '<', left: a, right: whole(-5n), at }, '`a` < -5'],
    [{ kind: 'in', value: s, items: [text('x'), text('y')], negated: true, at }, "`s` NOT IN ('x', 'y')"],
    [
      { kind: 'between', value: a, low: whole(0n), high: whole(5n), negated: false, at },
      '`a` BETWEEN 0 AND 5',
    ],
    [
      { kind: 'like', value: s, pattern: '5!%', escape: '!', negated: false, at },
      "`s` LIKE '5!%' ESCAPE '!'",
    ],
    [{ kind: 'truth', value: of('b', boolean), negated: true, at }, '`b` IS FALSE'],
    [
      { kind: 'like', value: s, pattern: "a.%'_", escape: null, negated: true, at },
      "NOT REGEXP(`s`, '(?s)\\Aa\\..*''.\\z')",
    ],
    [
      { kind: 'like', value: s, pattern: '!_%', escape: '!', negated: false, at },
      "`s` LIKE '!_%' ESCAPE '!'",
    ],
    [
      { kind: 'like', value: s, pattern: '!__', escape: '!', negated: false, at },
      "REGEXP(`s`, '(?s)\\A_.\\z')",
    ],
  ]
  test.each(conditions)('%#: %s', (node, sql) => {
    expect(condition(node, quoted)).toBe(sql)
    expect(syntaxErrors(`SELECT 1 FROM t WHERE ${sql};`)).toEqual([])
  })
})

describe('late rows', () => {
  const late = { flink: { lateTopic: 'too_late' } }

  test('have a table and an insert of their own in one job', () => {
    const text = script(late)
    expect(text).toContain('EXECUTE STATEMENT SET BEGIN\n\nINSERT INTO `transactions_aggregate_flink`')
    expect(text).toContain('INSERT INTO `too_late`\nSELECT\n  `transaction_id`,')
    expect(text.trimEnd()).toMatch(/END;$/)
  })

  test('are written as their records had them', () => {
    expect(script(late)).toContain(
      "DATE_FORMAT(`event_timestamp`, 'yyyy-MM-dd HH:mm:ss.SSS')\nFROM `transactions`",
    )
  })

  test('are judged by one clock', () => {
    expect(script({ flink: { lateTopic: 'too_late', parallelism: 3 } })).toContain(
      "'parallelism.default' = '1'",
    )
  })
})

describe('the resource', () => {
  test('names what apply needs', () => {
    expect(resource({ flink: { lateTopic: 'late' } })).toMatchObject({
      kind: 'flink-job',
      address: 'flink.job.pipec.transactions',
      name: 'pipec.transactions',
      file: 'flink/job.sql',
      sourceTopic: 'transactions',
      resultTopics: ['transactions_aggregate_flink', 'late'],
      kafkaTables: ['transactions', 'transactions_aggregate_flink', 'late'],
    })
  })

  test('state survives another size and more partitions', () => {
    const { stateHash } = resource()
    expect(resource({ flink: { parallelism: 2 } }).stateHash).toBe(stateHash)
    expect(resource({ source: { partitions: 1 } }).stateHash).toBe(stateHash)
  })

  const asBigint = (one: Field): Field =>
    one.name === 'total_paid' ? field(one.name, { kind: 'bigint' }) : one
  const different: readonly [string, Changes][] = [
    ['filter', { pipeline: { where: null } }],
    ['window', { pipeline: { window: { kind: 'tumbling', size: 4_000, offset: 0, at } } }],
    ['group', { pipeline: { groupBy: [field('user_id', string)] } }],
    ['metrics', { pipeline: { metrics: demo.metrics.slice(1) } }],
    ['delay', { eventTime: { watermarkDelay: 0 } }],
    ['source topic', { source: { topic: 'others' } }],
    ['type of a field', { source: { fields: demo.source.fields.map(asBigint) } }],
    ['result topic', { flink: { topic: 'others' } }],
    ['late topic', { flink: { lateTopic: 'late' } }],
  ]
  test('state survives a field that nobody reads', () => {
    const fields = [...demo.source.fields, field('more', string)]
    expect(resource({ source: { fields } }).stateHash).toBe(resource().stateHash)
  })

  test.each(different)('state does not survive another %s', (_, changes) => {
    expect(resource(changes).stateHash).not.toBe(resource().stateHash)
  })
})

test('lists of names quote what would part them', () => {
  expect(nameList(['a', 'b;c', "d'e", 'f"g', ' h'])).toBe(`'a;"b;c";"d''e";"f""g";" h"'`)
})

test('a pipeline without Flink has nothing of it', () => {
  const pipeline = { ...demo, engines: { ...demo.engines, flink: null } }
  expect(flink.emit(pipeline)).toEqual([])
  expect(flink.resources(pipeline)).toEqual([])
  expect(flink.services(pipeline)).toEqual({ services: {}, volumes: [] })
})
