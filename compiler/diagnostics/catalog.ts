/** Every complaint pipec makes about a pipeline.yaml, once. The message quotes the user's own word and says what is true. */
interface Entry {
  readonly severity: 'error' | 'warning'
  // biome-ignore lint/suspicious/noExplicitAny: each entry states its own parameters; `diagnostic` infers them.
  readonly message: (parameters: any) => string
}

const error = <P>(message: (parameters: P) => string) => ({ severity: 'error' as const, message })
const warning = <P>(message: (parameters: P) => string) => ({ severity: 'warning' as const, message })

export const catalog = {
  // The text of the file
  'file-too-large': error(
    (p: { bytes: number }) => `The file has ${p.bytes} bytes; a pipeline may have 1,000,000 at most.`,
  ),
  'invalid-utf8': error(
    (p: { byte: number }) => `Byte ${p.byte} is not valid UTF-8; save the file as UTF-8.`,
  ),
  'control-character': error(
    (p: { code: string }) => `The control character ${p.code} may not stand here; remove it.`,
  ),
  'empty-file': error(() => 'The file has no pipeline in it; `pipec init` writes one to start from.'),
  'yaml-syntax': error((p: { problem: string }) => `This is not valid YAML: ${p.problem}`),
  'several-documents': error(
    () => 'A file holds one pipeline; remove this `---` and what follows, or move it to another file.',
  ),
  'duplicate-key': error((p: { key: string }) => `The key "${p.key}" stands here twice; keep one.`),
  'custom-tag': error((p: { tag: string }) => `The tag ${p.tag} means nothing to pipec; remove it.`),
  'not-a-key': error(() => 'A key must be plain text and not empty; put anything else in quotes.'),
  'not-finite': error(
    (p: { number: string }) => `${p.number} is not a number that a record can hold; write a finite one.`,
  ),
  'unresolved-alias': error((p: { alias: string }) => `*${p.alias} has no anchor &${p.alias} above it.`),
  'too-deep': error(() => 'The file is nested more than 24 levels deep; nothing in a pipeline needs that.'),
  'too-many-nodes': error(
    () => 'The file has too many parts: 50,000 values at most, with what its anchors stand for.',
  ),
  'forbidden-name': error((p: { name: string }) => `"${p.name}" may not be a name; choose another one.`),

  // The shape of the document
  'wrong-type': error(
    (p: { key: string; expected: string; found: string }) =>
      `"${p.key}" must be ${p.expected}, not ${p.found}.`,
  ),
  'missing-key': error((p: { key: string; parent: string }) => `${p.parent} needs "${p.key}".`),
  'unknown-key': error((p: { key: string; parent: string }) => `"${p.key}" is not a key of ${p.parent}.`),
  'misplaced-key': error(
    (p: { key: string; windowType: string }) => `A ${p.windowType} window has no "${p.key}".`,
  ),
  'unknown-word': error(
    (p: { key: string; word: string; allowed: string }) =>
      `"${p.key}" cannot be "${p.word}"; it is ${p.allowed}.`,
  ),
  'out-of-range': error((p: { key: string; limit: string }) => `"${p.key}" must be ${p.limit}.`),
  'integer-out-of-range': error(
    (p: { value: string; type: string; range: string }) =>
      `${p.value} is not ${p.type}: it must be ${p.range}.`,
  ),
  'too-few': error((p: { key: string; what: string }) => `"${p.key}" needs at least one ${p.what}.`),
  'too-many': error(
    (p: { key: string; limit: number; what: string }) => `"${p.key}" may have ${p.limit} ${p.what} at most.`,
  ),
  'repeated-value': error(
    (p: { key: string; value: string }) => `"${p.value}" stands twice in "${p.key}"; keep one.`,
  ),
  'bad-name': error(
    (p: { name: string }) =>
      `"${p.name}" cannot be a name: it takes lower-case letters, digits and _, starts with a letter, and has 63 at most.`,
  ),
  'bad-topic': error(
    (p: { topic: string }) =>
      `"${p.topic}" cannot be a Kafka topic: it takes letters, digits, dot, _ and -, 249 at most, and is neither "." nor "..".`,
  ),
  'bad-duration': error(
    (p: { text: string; key: string }) =>
      `"${p.text}" is not a duration; write a number and ms, s, m, h or d, as in ${p.key}: 5s.`,
  ),
  'duration-range': error(
    (p: { key: string; text: string; problem: string }) => `"${p.key}" cannot be ${p.text}: ${p.problem}.`,
  ),
  'bad-type': error(
    (p: { type: string }) =>
      `"${p.type}" is not a type; the types are string, boolean, int, bigint, double, decimal(p,s) and timestamp.`,
  ),
  'bad-decimal': error(
    (p: { type: string }) =>
      `${p.type} is not possible: the precision goes from 1 to 38 and the scale from 0 to the precision.`,
  ),
  'bad-url': error(
    (p: { url: string }) =>
      `"${p.url}" is not an address; write http:// or https://, host and port, without a user name or password.`,
  ),
  'literal-secret': error(
    (p: { key: string }) =>
      `"${p.key}" may not hold the secret itself; write \${VAR}, the name of an environment variable.`,
  ),
  'bad-time-format': error(
    (p: { format: string; problem: string }) => `"${p.format}" is not a time format: ${p.problem}.`,
  ),
  'bad-time-zone': error(
    (p: { zone: string }) => `"${p.zone}" is not an IANA time zone; write one such as Europe/Berlin.`,
  ),
  'zone-without-pattern': error(
    (p: { format: string }) =>
      `${p.format} is always in UTC; remove "time_zone", or write a pattern as the format.`,
  ),
  'bad-field-name': error(
    (p: { name: string }) =>
      `"${p.name}" cannot be a field: a name has 1 to 128 characters and none of them a control character.`,
  ),
  'reserved-field': error(
    (p: { name: string }) =>
      `"${p.name}" is a column that pipec itself writes; give the field or metric another name.`,
  ),
  'name-collision': error(
    (p: { name: string; other: string }) =>
      `"${p.name}" and "${p.other}" are one name on an engine that ignores case; rename one.`,
  ),

  // Names and types
  'unknown-field': error(
    (p: { field: string; source: string }) => `"${p.field}" is not a field of source "${p.source}".`,
  ),
  'event-time-type': error(
    (p: { field: string; type: string }) =>
      `The event time must be a timestamp field, and "${p.field}" is ${p.type}; declare it as timestamp.`,
  ),
  'group-by-double': error(
    (p: { field: string }) =>
      `"${p.field}" is a double, which engines do not group alike; declare it as decimal(p,s) or group by another field.`,
  ),
  'window-division': error(
    (p: { size: string; advance: string }) =>
      `"advance" ${p.advance} does not divide "size" ${p.size}; every row must be in the same number of windows.`,
  ),
  'window-offset-range': error(
    (p: { offset: string; length: string }) =>
      `"offset" ${p.offset} must be shorter than ${p.length}, after which windows repeat.`,
  ),
  'too-many-windows': error(
    (p: { windows: number }) =>
      `Every row would be in ${p.windows.toLocaleString('en')} windows; 10,000 is the most that pipec allows. Make "advance" longer.`,
  ),
  'topic-collision': error(
    (p: { topic: string; other: string }) =>
      `"${p.topic}" is taken by ${p.other}; every engine writes a topic of its own, and Kafka holds a dot and _ to be the same.`,
  ),
  'ksqldb-column': error(
    (p: { name: string; why: string }) =>
      `ksqlDB ${p.why}: "${p.name}" cannot be a column there. Rename it, or leave ksqldb out of "engines".`,
  ),
  'pinot-column': error(
    (p: { name: string }) =>
      `Pinot would lose rows of a column named "${p.name}": it takes ASCII letters, digits, _ . - and $ (not first), 128 characters at most. Rename it, or take Pinot out of "serving".`,
  ),
  'pinot-table': error(
    (p: { topic: string; other: string; table: string }) =>
      `The topics "${p.topic}" and "${p.other}" would both be Pinot's table "${p.table}"; rename one.`,
  ),
  'pinot-session-updates': warning(
    () =>
      'Under "emit: changes" ksqlDB withdraws a session that merges with an earlier one, and Pinot keeps the row of the withdrawn one.',
  ),
  'serving-absent-engine': error(
    (p: { engine: string }) =>
      `"${p.engine}" is not among this pipeline's engines, so that Pinot has nothing of it to serve.`,
  ),

  // Expressions
  'expression-syntax': error(
    (p: { found: string; expected: string }) => `Found ${p.found} where ${p.expected} should stand.`,
  ),
  'unclosed-text': error((p: { quote: string }) => `This text has no closing ${p.quote}.`),
  'bad-character': error(
    (p: { character: string }) => `The character ${p.character} has no meaning in an expression.`,
  ),
  'double-quoted': error(
    (p: { text: string }) =>
      `Double quotes mean nothing in an expression: text stands in single quotes, '${p.text}', and a name in back-ticks, \`${p.text}\`.`,
  ),
  'expression-too-complex': error(
    () =>
      'This expression is too long or nested too deep; the limits are 20,000 characters, 5,000 terms, 100 levels and 250 operators in a row.',
  ),
  'number-out-of-range': error(
    (p: { number: string }) =>
      `${p.number} does not fit into 64 bits; the range is -9223372036854775808 to 9223372036854775807.`,
  ),
  'unknown-function': error(
    (p: { name: string }) => `"${p.name}" is not a function that means the same on every engine.`,
  ),
  'aggregate-here': error(
    (p: { name: string }) =>
      `The aggregate ${p.name} cannot stand here; a metric is one aggregate over one expression, and "where" has none.`,
  ),
  'not-an-aggregate': error(
    (p: { metric: string }) =>
      `"${p.metric}" is not an aggregate; write sum(…), count(*), count(…), count(distinct …), avg(…), min(…) or max(…).`,
  ),
  'argument-count': error(
    (p: { function: string; expected: string; found: number | '*' }) =>
      `${p.function} takes ${p.expected}, not ${p.found}.`,
  ),
  'distinct-here': error((p: { function: string }) => `Only count takes "distinct"; ${p.function} does not.`),
  'argument-literal': error(
    (p: { function: string; what: string }) =>
      `In ${p.function} ${p.what}, because engines disagree about anything else.`,
  ),
  'type-mismatch': error(
    (p: { what: string; expected: string; found: string }) =>
      `${p.what} needs ${p.expected}, not ${p.found}.`,
  ),
  'not-comparable': error(
    (p: { left: string; right: string }) => `${p.left} cannot be compared with ${p.right}.`,
  ),
  'no-common-type': error(
    (p: { what: string; left: string; right: string }) =>
      `${p.what} has ${p.left} and ${p.right}, which have no common type.`,
  ),
  'compare-with-null': error(
    (p: { operator: string }) => `Nothing is ever ${p.operator} null; write "is null" or "is not null".`,
  ),
  'untyped-null': error(() => 'This null has no type; write cast(null as string), or another type.'),
  'not-a-condition': error((p: { found: string }) => `A condition must stand here, and this is ${p.found}.`),
  'unsupported-cast': error(
    (p: { from: string; to: string }) => `No cast from ${p.from} to ${p.to} gives the same on every engine.`,
  ),
  'decimal-too-wide': error(
    (p: { precision: number }) =>
      `The result would need ${p.precision} digits, and a decimal has 38 at most; cast one side to double.`,
  ),

  // What engines can do
  unsupported: error(
    (p: { engine: string; feature: string; instead: string }) =>
      `${p.engine} has no ${p.feature}: ${p.instead}`,
  ),
  'late-rows-partitions': error(
    (p: { partitions: number }) =>
      `"late_rows: exact" reads one source partition, and the source has ${p.partitions}; without it Spark keeps some late rows.`,
  ),
  'late-topic-sessions': error(
    () =>
      'A row alone does not tell whether its session is still open, so that Flink cannot send the late rows of sessions to a topic; leave "late_topic" out, or take another type of window.',
  ),
  'late-topic-parallelism': warning(
    (p: { parallelism: number }) =>
      `"late_topic" judges rows by the clock of one subtask, so that pipec uses parallelism 1 and not ${p.parallelism}.`,
  ),
  'grace-without-changes': error(
    () => 'A "grace" of its own belongs to "emit: changes"; with "emit: final" it is the watermark_delay.',
  ),
  'grace-too-short': error(
    (p: { grace: string; delay: string }) =>
      `"grace" ${p.grace} is shorter than the watermark_delay ${p.delay}, so that rows in time would be dropped.`,
  ),
  'final-several-partitions': warning(
    (p: { partitions: number }) =>
      `ksqlDB reads one of the ${p.partitions} partitions ahead of the others; with "emit: final" it silently loses most rows of a backlog, as after every outage.`,
  ),
  'parallelism-unused': warning(
    (p: { parallelism: number; partitions: number }) =>
      `Parallelism ${p.parallelism} with ${p.partitions} ${p.partitions === 1 ? 'partition' : 'partitions'}: the subtasks beyond have nothing to read, and Flink would hold back every result; pipec uses ${p.partitions}.`,
  ),
  'zero-delay': warning(
    (p: { partitions: number }) =>
      `With a watermark_delay of 0 every row out of order is late, and ${p.partitions} partitions are never read in order on every engine.`,
  ),
  'state-size': warning(
    (p: { windows: string; bytes: string; group: string; engines: string }) =>
      `Every value of ${p.group} keeps ${p.windows} windows open, about ${p.bytes} of state for every 1,000 values on ${p.engines}.`,
  ),

  // The generator
  'unknown-faker-method': error((p: { method: string }) => `faker has no method "${p.method}".`),
  'rule-count': error(
    (p: { field: string; found: string }) =>
      `The rule of "${p.field}" ${p.found}; write one of faker, pick, lookup, now, sequence or value.`,
  ),
  'rule-key': error(
    (p: { key: string; needs: string }) => `"${p.key}" only means something beside "${p.needs}".`,
  ),
  'weights-count': error(
    (p: { weights: number; values: number }) =>
      `There are ${p.weights} weights for ${p.values} values; write one for each.`,
  ),
  'weights-zero': error(() => 'All weights are 0, so that no value can be picked; make one of them greater.'),
  'lookup-cycle': error(
    (p: { field: string }) =>
      `The lookup of "${p.field}" comes back to itself; let one of the fields be picked.`,
  ),
  'value-type': error(
    (p: { value: string; field: string; type: string }) =>
      `${p.value} is not a value of "${p.field}" (${p.type}).`,
  ),

  // Fixtures
  'arrival-kind': error(
    (p: { found: string }) => `One thing that arrives ${p.found}; write one of row, line or pause.`,
  ),
  'unread-field': warning(
    (p: { field: string }) =>
      `"${p.field}" is not a field of this pipeline: it is sent, and nobody reads it.`,
  ),
  'unknown-column': error(
    (p: { column: string }) => `"${p.column}" is not a column of this pipeline's output rows.`,
  ),
  'bad-instant': error(
    (p: { column: string; text: string }) =>
      `"${p.column}" cannot be ${p.text}; write epoch milliseconds, or a time such as 2026-01-01T00:00:03Z.`,
  ),
  'fate-of-pause': error(() => 'A pause has no partition and no fate; give them to a row.'),
} satisfies Record<string, Entry>
