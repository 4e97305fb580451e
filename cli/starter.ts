/** What `pipec init` writes: each file as it will lie there. */

const pipeline = `# yaml-language-server: $schema=./node_modules/pipec/schema/pipeline.schema.json
#
# One source topic, an optional filter, a window, metrics, and the engines that compute them.
#   npx pipec run      computes it here, on generated records
#   npx pipec build    writes what each engine is told into generated/
#   npx pipec up       starts the engines; then: npx pipec apply, npx pipec produce, npx pipec status

# It prefixes everything that apply makes on the engines, so it is best never changed.
name: page_views

source:
  topic: page_views
  partitions: 1
  key: user_id                    # rows of one user keep their order
  fields:                         # string, boolean, int, bigint, double, decimal(p,s), timestamp
    view_id: string
    user_id: string
    country: string
    duration_ms: int
    viewed_at: timestamp
  event_time:
    field: viewed_at
    format: iso8601               # or epoch_millis, epoch_seconds, or a pattern such as yyyy-MM-dd HH:mm:ss.SSS
    watermark_delay: 5s           # how far out of order rows may arrive

# Keeps the rows for which this is true.
where: duration_ms >= 1000

window:
  type: tumbling                  # or hopping (size, advance), or session (gap)
  size: 1m

group_by: [country]               # leave it out for one row per window

metrics:                          # sum, count(*), count(x), avg, min, max over any expression
  views: count(*)
  total_ms: sum(duration_ms)
  average_ms: avg(duration_ms)
  longest_ms: max(duration_ms)

engines:                          # at least one; each writes its own topic, and all of them the same rows
  flink: { topic: page_views_per_minute_flink }
  ksqldb: { topic: page_views_per_minute_ksqldb }
  spark: { topic: page_views_per_minute_spark }

serving:                          # where the results can be queried; leave it out if nowhere
  pinot: { retention: 30d }

generator:                        # how run and produce make records
  fields:
    view_id: { faker: string.uuid }
    user_id: { faker: [string.numeric, { length: 4 }] }
    country: { pick: [DE, FR, US], weights: [5, 3, 2] }
    duration_ms: { faker: [number.int, { min: 100, max: 60000 }] }
    viewed_at: { now: true }

# Where apply finds engines that run elsewhere; choose one with -e production. What \`pipec up\` starts is built in.
# environments:
#   production:
#     kafka: { bootstrap_servers: "broker:9092" }
#     flink: { gateway: "http://flink-gateway:8083" }
#     ksqldb: { url: "http://ksqldb:8088" }
#     spark: { rest: "http://spark:6066" }
#     pinot: { controller: "http://pinot:9000", broker: "http://pinot:8099" }
`

const fixtures = `# yaml-language-server: $schema=../node_modules/pipec/schema/fixtures.schema.json
#
# Rows in, rows out: npx pipec test
defaults: { country: DE, duration_ms: 2000 }
cases:
  - name: short views are left out
    input:
      - row: { viewed_at: "2026-01-01T00:00:10Z" }
      - row: { viewed_at: "2026-01-01T00:00:20Z", duration_ms: 999 }
      - row: { viewed_at: "2026-01-01T00:00:59.999Z", duration_ms: 4000 }
    expect:
      - { window_start: 2026-01-01T00:00:00Z, country: DE, views: 2, total_ms: 6000, average_ms: 3000 }
  - name: a view later than the delay is dropped
    input:
      - row: { viewed_at: "2026-01-01T00:00:30Z" }
      - row: { viewed_at: "2026-01-01T00:01:05Z" }
      - row: { viewed_at: "2026-01-01T00:00:31Z" }
        fate: late
    expect:
      - { window_start: 2026-01-01T00:00:00Z, views: 1 }
      - { window_start: 2026-01-01T00:01:00Z, views: 1 }
`

const workflow = `name: pipec
on: [push, pull_request]
jobs:
  pipec:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: npm ci
      - run: npx pipec check --format github
      - run: npx pipec build --check
      - run: npx pipec test
`

export interface StarterFile {
  readonly path: string
  readonly text: string
}

export const starterFiles: readonly StarterFile[] = [
  { path: 'pipeline.yaml', text: pipeline },
  { path: 'tests/page_views.yaml', text: fixtures },
  { path: '.github/workflows/pipec.yml', text: workflow },
]

/** What git need not know: where pipec keeps what it started. */
export const ignored: readonly string[] = ['node_modules/', '.pipec/']
