/** Every form of expression and of time, as Spark itself computes what pipec wrote. */
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { compile } from '../../compiler/compile.ts'
import { value } from '../../compiler/targets/spark/expression.ts'
import { timestamp } from '../../compiler/targets/spark/time.ts'
import { type Sql, sql } from '../../compiler/text.ts'
import { parseTimeFormat } from '../../compiler/time-format.ts'
import { needs, titled } from './needs.ts'
import { endpoints } from './spark-lab.ts'

const python = needs.native === null ? (endpoints()?.spark?.files?.python ?? null) : null

const program = `
import decimal, json, sys
from pyspark.sql import SparkSession, functions as F
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for key, value in {"spark.driver.memory": "700m", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                   "spark.sql.session.timeZone": "UTC", "spark.sql.variable.substitute": "false"}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
row = (7, "it's \\\\ \`\\"\${x}", None, True, 0.1, "1.25")
frame = spark.createDataFrame([row], "a INT, s STRING, n STRING, b BOOLEAN, d DOUBLE, m STRING")
frame = frame.withColumn("m", F.expr("CAST(m AS DECIMAL(10, 2))"))
columns = [F.expr(text).alias(f"x{index}") for index, text in enumerate(json.load(sys.stdin))]
found = frame.select(*columns).collect()[0]
shown = [str(each) if isinstance(each, (decimal.Decimal, int)) and not isinstance(each, bool) else each for each in found]
print("\\n" + json.dumps(shown))
`

async function computed(expressions: readonly Sql[]): Promise<readonly unknown[]> {
  const child = spawn(python!, ['-c', program], { stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let complaints = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (complaints += chunk))
  child.stdin.end(JSON.stringify(expressions))
  const status = await new Promise((resolve) => child.on('close', resolve))
  if (status !== 0) throw new Error(complaints.slice(-2_000))
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as unknown[]
}

/** Integers and decimals as text, so that no digit is lost. */
const expressions: readonly (readonly [string, unknown])[] = [
  ["cast('12' as bigint)", '12'],
  ["cast('12\n' as bigint)", null],
  ["cast(' 12' as bigint)", null],
  ["cast('+7' as bigint)", '7'],
  ["cast('-3.7' as bigint)", null],
  ["cast('1e2' as bigint)", null],
  ["cast('99999999999999999999' as bigint)", null],
  ["cast('1.5d' as double)", null],
  ["cast('1e2' as double)", 100],
  ["cast('.5' as double)", 0.5],
  ["cast('Infinity' as double)", null],
  ['cast(-2.9 as bigint)', '-2'],
  ['cast(1e17 as bigint)', null],
  ['floor(-0.5)', -1],
  ['ceil(1e20)', 1e20],
  ['round(-2.5)', -3],
  ['round(2.345, 2)', 2.35],
  ['round(1e20)', 1e20],
  ['a - -1', '8'],
  ['-(-9223372036854775807)', '9223372036854775807'],
  ['7 / 2', 3.5],
  ['7 / 0', null],
  ['-7 % 3', '-1'],
  ['7 % 0', null],
  ['- -a', '7'],
  ['(a + 1) * 3', '24'],
  ['a - (3 - 1)', '5'],
  ["s || 'x'", 'it\'s \\ `"${x}x'],
  ["n || 'x'", null],
  ["length('😀é')", '2'],
  ["substring('a😀bc', 2, 2)", '😀b'],
  ["substring('abc', 99, 2)", ''],
  ["trim('  a ')", 'a'],
  ["coalesce(n, 'z')", 'z'],
  ['nullif(a, 7)', null],
  ["case when not (n = 'x') then 1 else 2 end", '2'],
  ["case when n not in ('x') then 1 else 2 end", '2'],
  ['case when not b then 1 else 2 end', '2'],
  ["case when s like '%''s \\ `%' then 1 else 2 end", '1'],
  ["case when s like '%\\%' then 1 else 2 end", '1'],
  ["case when '10%' like '10!%' escape '!' then 1 else 2 end", '1'],
  ["case when s like '%${x}' then 1 else 2 end", '1'],
  ['case when a not between 1 and 9 then 1 else 2 end', '2'],
  ['m + 0.01', '1.26'],
  ['m * 2', 2.5],
  ['m > 1', true],
  ['cast(m as decimal(20,5))', '1.25000'],
  ['abs(-m)', '1.25'],
  ['cast(a as string) || cast(b as string)', '7true'],
  ['d + 0.2', 0.1 + 0.2],
]

function argument(expression: string): Sql {
  const { output, diagnostics } = compile(`
name: x
source:
  topic: t
  fields: { a: int, s: string, n: string, b: boolean, m: "decimal(10,2)", d: double, ts: timestamp }
  event_time: { field: ts, format: epoch_millis }
window: { type: tumbling, size: 3s }
metrics: { x: ${JSON.stringify(`count(${expression})`)} }
engines: { spark: { topic: o } }
`)
  const aggregate = output?.pipeline.metrics[0]?.aggregate
  if (aggregate === undefined || aggregate.kind === 'count-rows') {
    throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  }
  return value(aggregate.argument)
}

const times: readonly (readonly [
  format: string,
  zone: string,
  written: string,
  milliseconds: string | null,
])[] = [
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 03:04:05.678'", '1704164645678'],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'1969-12-31 23:59:59.999'", '-1'],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-02-30 03:04:05.678'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 03:04:05.678 '", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 03:04:05.678\\n'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 03:04:05.6'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02T03:04:05.678'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 24:00:00.000'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'2024-01-02 03:04:60.000'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'0000-01-02 03:04:05.678'", null],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'0001-01-01 00:00:00.000'", '-62135596800000'],
  ['yyyy-MM-dd HH:mm:ss.SSS', 'UTC', "'9999-12-31 23:59:59.999'", '253402300799999'],
  ["yyyy-MM-dd'T'HH:mm:ss", 'Asia/Tokyo', "'2024-01-02T03:04:05'", '1704132245000'],
  ['yyyyMMddHHmmssSSS', 'UTC', "'20240102030405678'", '1704164645678'],
  ["dd.MM.yyyy'at'HH", 'UTC', "'02.01.2024at03'", '1704164400000'],
  ['iso8601', 'UTC', "'2024-01-02T03:04:05Z'", '1704164645000'],
  ['iso8601', 'UTC', "'2024-01-02T03:04:05.678Z'", '1704164645678'],
  ['iso8601', 'UTC', "'2024-01-02T03:04:05+01:00'", null],
  ['iso8601', 'UTC', "'2024-01-02T03:04:05.6Z'", null],
  ['iso8601', 'UTC', "'2023-02-29T03:04:05Z'", null],
  ['epoch_millis', 'UTC', '-1L', '-1'],
  ['epoch_millis', 'UTC', '9223372036854775807L', null],
  ['epoch_seconds', 'UTC', '1704164645L', '1704164645000'],
  ['epoch_seconds', 'UTC', '-9223372036854775808L', null],
  ['yyyy-MM-dd HH:mm', 'Europe/Berlin', "'2024-07-01 12:00'", '1719828000000'],
  // The hour that is skipped counts on from before it; of the hour that comes twice it is the first.
  ['yyyy-MM-dd HH:mm', 'Europe/Berlin', "'2024-03-31 02:30'", '1711848600000'],
  ['yyyy-MM-dd HH:mm', 'Europe/Berlin', "'2024-10-27 02:30'", '1729989000000'],
]

function time([format, timeZone, written]: (typeof times)[number]): Sql {
  const parsed = parseTimeFormat(format)
  if ('problem' in parsed) throw new Error(parsed.problem)
  const eventTime = { field: 't', format: parsed, timeZone, watermarkDelay: 0, at: { start: 0, end: 0 } }
  return sql`unix_millis(${timestamp(written as Sql, eventTime)})`
}

test.skipIf(python === null)(titled('Spark computes what the language says', needs.native), async () => {
  const found = await computed([...expressions.map(([text]) => argument(text)), ...times.map(time)])
  const named = [
    ...expressions.map(([text]) => text),
    ...times.map(([format, zone, written]) => `${format} ${zone} ${written}`),
  ]
  const wanted = [...expressions.map(([, each]) => each), ...times.map(([, , , each]) => each)]
  expect(found.map((each, index) => [named[index], each])).toEqual(
    wanted.map((each, index) => [named[index], each]),
  )
})
