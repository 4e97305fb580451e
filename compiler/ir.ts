/**
 * The pipeline as every target sees it: names resolved, expressions typed, defaults filled in, durations in
 * milliseconds. All values are readonly; this file imports nothing.
 */

/** Offsets into the text of pipeline.yaml, end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
}

export type Type =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  /** 32 bit, only ever the type of a source field or a cast: arithmetic is bigint. */
  | { readonly kind: 'int' }
  | { readonly kind: 'bigint' }
  | { readonly kind: 'double' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Milliseconds since the epoch; written as a bigint wherever it reaches an output row. */
  | { readonly kind: 'timestamp' }

export type TypeKind = Type['kind']

export interface Field {
  readonly name: string
  readonly type: Type
  readonly at: Span
}

/** A letter run of a time pattern, or text that stands for itself. */
export type PatternPart =
  | { readonly kind: 'yyyy' | 'MM' | 'dd' | 'HH' | 'mm' | 'ss' | 'SSS' }
  | { readonly kind: 'text'; readonly text: string }

export type TimeFormat =
  | { readonly kind: 'pattern'; readonly pattern: string; readonly parts: readonly PatternPart[] }
  | { readonly kind: 'epoch_millis' }
  | { readonly kind: 'epoch_seconds' }
  /** `yyyy-MM-ddTHH:mm:ss[.SSS]Z`, always ending in Z. */
  | { readonly kind: 'iso8601' }

export interface EventTime {
  readonly field: string
  /** How this field, and every other timestamp field of the source, is written in a record. */
  readonly format: TimeFormat
  /** IANA name; only a pattern can have one other than UTC. */
  readonly timeZone: string
  readonly watermarkDelay: number
  readonly at: Span
}

export interface Source {
  readonly topic: string
  readonly partitions: number
  /** The field that is the record key. */
  readonly key: string | null
  readonly fields: readonly Field[]
  readonly eventTime: EventTime
  readonly at: Span
}

/** All lengths in milliseconds. */
export type Window =
  | { readonly kind: 'tumbling'; readonly size: number; readonly offset: number; readonly at: Span }
  | {
      readonly kind: 'hopping'
      readonly size: number
      readonly advance: number
      readonly offset: number
      readonly at: Span
    }
  | { readonly kind: 'session'; readonly gap: number; readonly at: Span }

/**
 * An expression that has a value. Operands are already of the type the operation computes in: where the user mixed
 * types, a `cast` stands between, so that no target converts by its own rules.
 */
export type Value =
  | { readonly kind: 'field'; readonly name: string; readonly type: Type; readonly at: Span }
  | { readonly kind: 'literal'; readonly literal: Literal; readonly type: Type; readonly at: Span }
  | { readonly kind: 'null'; readonly type: Type; readonly at: Span }
  /** On two bigints, two doubles, or (not for `*`) two decimals; null if either is. */
  | {
      readonly kind: 'arithmetic'
      readonly operator: '+' | '-' | '*'
      readonly left: Value
      readonly right: Value
      readonly type: Type
      readonly at: Span
    }
  /** Of two doubles; null when the divisor is zero. */
  | {
      readonly kind: 'divide'
      readonly left: Value
      readonly right: Value
      readonly type: Type
      readonly at: Span
    }
  /** Of two bigints, the sign that of the dividend; null when the divisor is zero. */
  | {
      readonly kind: 'modulo'
      readonly left: Value
      readonly right: Value
      readonly type: Type
      readonly at: Span
    }
  | { readonly kind: 'negate'; readonly operand: Value; readonly type: Type; readonly at: Span }
  /** Of two strings; null if either is. */
  | {
      readonly kind: 'concat'
      readonly left: Value
      readonly right: Value
      readonly type: Type
      readonly at: Span
    }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Condition; readonly then: Value }[]
      readonly otherwise: Value
      readonly type: Type
      readonly at: Span
    }
  /** One of the conversions of `expression/casts.ts`, no other. */
  | { readonly kind: 'cast'; readonly operand: Value; readonly type: Type; readonly at: Span }
  | { readonly kind: 'coalesce'; readonly operands: readonly Value[]; readonly type: Type; readonly at: Span }
  | {
      readonly kind: 'nullif'
      readonly left: Value
      readonly right: Value
      readonly type: Type
      readonly at: Span
    }
  | {
      readonly kind: 'call'
      readonly function: FunctionName
      readonly operands: readonly Value[]
      readonly type: Type
      readonly at: Span
    }

/**
 * `abs` of bigint, double or decimal; `floor`, `ceil` and `round` of double (`round` may have a literal number of
 * places 0 to 15 as its second operand); `length` gives bigint; `substring` has a literal start ≥ 1 and a literal
 * length ≥ 0, or none.
 */
export type FunctionName =
  | 'abs'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'upper'
  | 'lower'
  | 'trim'
  | 'length'
  | 'substring'

/** Integers of any width are bigint; a decimal literal is its digits as text. */
export type Literal =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'decimal'; readonly digits: string }

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>='

/**
 * An expression that is true, false or null, of which only "true or not" matters where it stands (`where`, `when`).
 * There is no NOT: the compiler has pushed it down to the leaves, because ksqlDB knows two truth values only.
 */
export type Condition =
  | {
      readonly kind: 'compare'
      readonly operator: Comparison
      readonly left: Value
      readonly right: Value
      readonly at: Span
    }
  | { readonly kind: 'and'; readonly operands: readonly Condition[]; readonly at: Span }
  | { readonly kind: 'or'; readonly operands: readonly Condition[]; readonly at: Span }
  | {
      readonly kind: 'in'
      readonly value: Value
      readonly items: readonly Value[]
      readonly negated: boolean
      readonly at: Span
    }
  | {
      readonly kind: 'between'
      readonly value: Value
      readonly low: Value
      readonly high: Value
      readonly negated: boolean
      readonly at: Span
    }
  | {
      readonly kind: 'like'
      readonly value: Value
      readonly pattern: string
      /** One character, or null: then no character escapes. */
      readonly escape: string | null
      readonly negated: boolean
      readonly at: Span
    }
  /** `is null`, or with `negated` `is not null`. */
  | { readonly kind: 'is-null'; readonly value: Value; readonly negated: boolean; readonly at: Span }
  /** A boolean value that is true; with `negated` one that is false. Null is neither. */
  | { readonly kind: 'truth'; readonly value: Value; readonly negated: boolean; readonly at: Span }

export type Aggregate =
  | { readonly kind: 'count-rows' }
  | { readonly kind: 'count' | 'count-distinct' | 'sum' | 'avg' | 'min' | 'max'; readonly argument: Value }

export interface Metric {
  readonly name: string
  readonly aggregate: Aggregate
  /** Of the output column: bigint for counts and integer sums, decimal(38,s) for decimal sums, double for avg. */
  readonly type: Type
  readonly at: Span
}

export interface FlinkEngine {
  readonly topic: string
  readonly parallelism: number
  readonly lateTopic: string | null
  readonly at: Span
}

export interface KsqldbEngine {
  readonly topic: string
  readonly emit: 'final' | 'changes'
  /** Milliseconds; the watermark delay under `emit: final`. */
  readonly grace: number
  readonly at: Span
}

export interface SparkEngine {
  readonly topic: string
  readonly lateRows: 'batch' | 'exact'
  readonly at: Span
}

export interface Engines {
  readonly flink: FlinkEngine | null
  readonly ksqldb: KsqldbEngine | null
  readonly spark: SparkEngine | null
}

export type EngineName = keyof Engines

export interface PinotServing {
  readonly engines: readonly EngineName[]
  /** Milliseconds; null keeps results for ever. */
  readonly retention: number | null
  readonly at: Span
}

/** A JSON value; integers beyond 2^53 are bigint. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

export type GeneratorRule =
  | { readonly kind: 'faker'; readonly method: string; readonly arguments: readonly Json[] }
  | { readonly kind: 'pick'; readonly values: readonly Json[]; readonly weights: readonly number[] | null }
  | { readonly kind: 'lookup'; readonly field: string; readonly values: { readonly [key: string]: Json } }
  | { readonly kind: 'now' }
  | { readonly kind: 'sequence'; readonly start: number; readonly step: number }
  | { readonly kind: 'value'; readonly value: Json }

export interface GeneratorField {
  readonly name: string
  readonly rule: GeneratorRule
  /** Share of records in which the field is null, 0 to 1. */
  readonly nullRate: number
  readonly at: Span
}

export interface Generator {
  readonly fields: readonly GeneratorField[]
}

/** `${VAR}` references are kept as written; only apply resolves them. */
export interface Environment {
  readonly name: string
  readonly kafka: {
    readonly bootstrapServers: string
    readonly security: {
      readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | null
      readonly username: string | null
      readonly password: string | null
      /** A PEM file's path, or null for the system's own certificate authorities. */
      readonly ca: string | null
    } | null
  } | null
  readonly flink: {
    readonly gateway: string
    readonly rest: string | null
    readonly auth: BasicAuth | null
  } | null
  readonly ksqldb: { readonly url: string; readonly auth: BasicAuth | null } | null
  readonly spark: {
    readonly rest: string
    readonly master: string | null
    readonly ui: string | null
    /** A folder that all workers can write to; without one no job can be applied. */
    readonly checkpoints: string | null
    readonly auth: BasicAuth | null
  } | null
  readonly pinot: {
    readonly controller: string
    readonly broker: string | null
    readonly auth: BasicAuth | null
  } | null
}

export interface BasicAuth {
  readonly username: string
  readonly password: string
}

export interface Pipeline {
  readonly name: string
  readonly source: Source
  readonly where: Condition | null
  readonly window: Window
  readonly groupBy: readonly Field[]
  readonly metrics: readonly Metric[]
  readonly engines: Engines
  readonly pinot: PinotServing | null
  readonly generator: Generator | null
  readonly environments: readonly Environment[]
}
