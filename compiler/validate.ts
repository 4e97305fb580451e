/** The JSON Schema's complaints in pipec's own words, each at its place. */
import type { ErrorObject } from 'ajv'
import { type Diagnostic, diagnostic } from './diagnostics/diagnostic.ts'
import { didYouMean, nearest } from './diagnostics/suggest.ts'
import type { PipelineDocument } from './document.ts'
import type { Json, Span } from './ir.ts'
import validator from './precompiled/pipeline-validator.js'
import { type Located, locate } from './source.ts'

/** A schema's compiled form, as ajv makes it. */
interface Validator {
  (data: unknown): boolean
  errors?: ErrorObject[] | null
}

/** The document, or why it is none. */
export function validate(root: Located): {
  document: PipelineDocument | null
  diagnostics: readonly Diagnostic[]
} {
  const diagnostics = complaints(root, validator, 'a pipeline')
  return {
    document: diagnostics.length === 0 ? (root.value as unknown as PipelineDocument) : null,
    diagnostics,
  }
}

/** What a schema has against a document; `whole` is what messages call the document. */
export function complaints(root: Located, validator: Validator, whole: string): readonly Diagnostic[] {
  if (validator(root.value)) return []
  const errors = (validator.errors ?? []).filter(isTelling)
  const found = errors
    .filter((each) => !isMisspelt(each, errors))
    .map((error) => describe(error, root, whole))
  return oneAPlace(found)
}

/** A missing key that stands there under a wrong name is one mistake, told where the wrong name is. */
function isMisspelt(missing: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return (
    missing.keyword === 'required' &&
    errors.some(
      (each) =>
        each.keyword === 'additionalProperties' &&
        each.instancePath === missing.instancePath &&
        nearest(each.params.additionalProperty, [missing.params.missingProperty]) !== null,
    )
  )
}

/** A failed `anyOf` or `if` also reports each of its branches; the outer complaint, or the inner one of `if`, says it all. */
function isTelling(error: ErrorObject): boolean {
  return !/\/anyOf\/\d/.test(error.schemaPath) && error.keyword !== 'if' && error.keyword !== 'propertyNames'
}

function oneAPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return diagnostics.filter((each) => {
    const place = `${each.at.start}:${each.message}`
    return seen.has(place) ? false : seen.add(place)
  })
}

function describe(error: ErrorObject, root: Located, whole: string): Diagnostic {
  const path = pathOf(error.instancePath, root)
  const here = locate(root, path)
  const key = String(path.findLast((each) => typeof each === 'string') ?? 'pipeline.yaml')
  const parent = path.length === 0 ? whole : `"${path.join('.')}"`
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, here, parent)
    case 'required':
      return diagnostic('missing-key', keySpan(here), {
        key: error.params.missingProperty,
        parent: capital(parent),
      })
    case 'false schema': {
      const type = locate(root, [...path.slice(0, -1), 'type']).value
      return diagnostic('misplaced-key', here.keyAt ?? here.at, { key, windowType: String(type) })
    }
    case 'type':
      return wrongType(error, here, key)
    case 'pattern':
      return wrongText(error, here, key)
    case 'anyOf':
      return wrongAlternative(error, here, key)
    case 'not':
      return diagnostic('wrong-type', keySpan(here), {
        key,
        expected: 'one value',
        found: kindOf(here.value),
      })
    case 'enum':
    case 'const':
      return wrongWord(error, here, key)
    default:
      return wrongSize(error, here, key)
  }
}

function pathOf(pointer: string, root: Located): (string | number)[] {
  const path: (string | number)[] = []
  let current = root
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const step = Array.isArray(current.value) ? Number(name) : name
    path.push(step)
    current = current.children.get(step) ?? current
  }
  return path
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A whole mapping would be a caret under many lines; its key says enough. */
function keySpan(here: Located): Span {
  return here.keyAt ?? { start: here.at.start, end: here.at.start }
}

/** In brackets it stands on the line of its key, where editors underline it; over several lines its key says enough. */
function containerSpan(here: Located): Span {
  return here.flow || here.children.size === 0 ? here.at : keySpan(here)
}

const homes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    late_topic: 'it belongs under engines.flink',
    parallelism: 'it belongs under engines.flink',
    emit: 'it belongs under engines.ksqldb',
    grace: 'it belongs under engines.ksqldb',
    late_rows: 'it belongs under engines.spark',
    watermark_delay: 'it belongs under source.event_time',
    time_zone: 'it belongs under source.event_time',
    partitions: 'it belongs under source',
    args: 'what a method of faker takes stands behind its name: [number.int, { max: 9 }]',
  }),
)

function unknownKey(error: ErrorObject, here: Located, parent: string): Diagnostic {
  const key: string = error.params.additionalProperty
  const known = Object.keys(error.parentSchema?.properties ?? {})
  const at = here.children.get(key)?.keyAt ?? here.at
  const free = known.filter((each) => !here.children.has(each))
  const hint =
    didYouMean(key, free) ?? homes.get(key) ?? (known.length > 0 ? `its keys are ${known.join(', ')}` : null)
  return diagnostic('unknown-key', at, { key, parent }, hint)
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function wrongType(error: ErrorObject, here: Located, key: string): Diagnostic {
  const { value, at } = here
  if (error.parentSchema?.['x-diagnostic'] === 'bad-duration' && isNumber(value)) {
    return diagnostic('bad-duration', at, { text: String(value), key }, `write ${value}s for seconds`)
  }
  if (error.params.type === 'integer' && typeof value === 'bigint') {
    return diagnostic('integer-out-of-range', at, {
      value: String(value),
      type: `a possible "${key}"`,
      range: 'at most 9007199254740991',
    })
  }
  const place = typeof value === 'object' && value !== null ? containerSpan(here) : at
  const expected = kinds[error.params.type] ?? String(error.params.type)
  return diagnostic('wrong-type', place, { key, expected, found: kindOf(value) }, typeHint(error, here))
}

function typeHint(error: ErrorObject, { value, flow }: Located): string | null {
  if (error.params.type === 'array' && typeof value === 'string' && value.length <= 60)
    return `write [${value}]`
  if (error.params.type === 'object' && Array.isArray(value) && !flow) return 'leave out the dashes'
  return null
}

function isNumber(value: Json): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

function kindOf(value: Json): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? 'text' : isNumber(value) ? `the number ${value}` : `${value}`
}

function wrongText(error: ErrorObject, here: Located, key: string): Diagnostic {
  const code = error.parentSchema?.['x-diagnostic']
  if (error.propertyName !== undefined) {
    const at = here.children.get(error.propertyName)?.keyAt ?? here.at
    return diagnostic('bad-name', at, { name: shown(error.propertyName) })
  }
  const text = shown(here.value)
  switch (code) {
    case 'bad-name':
      return diagnostic('bad-name', here.at, { name: text }, nameHint(String(here.value)))
    case 'bad-topic':
      return diagnostic('bad-topic', here.at, { topic: text })
    case 'bad-duration':
      return diagnostic('bad-duration', here.at, { text, key }, durationHint(String(here.value), key))
    case 'bad-url':
      return diagnostic('bad-url', here.at, { url: text.replace(/\/\/[^@]*@/, '//…@') })
    default:
      return diagnostic('literal-secret', here.at, { key })
  }
}

function shown(value: Json): string {
  const text = typeof value === 'object' ? kindOf(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function nameHint(name: string): string | null {
  const better = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/_+$/, '')
  return better === '' ? null : `for example ${better}`
}

const units: Readonly<Record<string, string>> = { sec: 's', min: 'm', hour: 'h', day: 'd', milli: 'ms' }

function durationHint(text: string, key: string): string | null {
  if (key === 'offset' && text.startsWith('-'))
    return 'windows repeat: write how far behind a bound they begin, as in 16h for -8h of 1d'
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(text)
  if (match === null) return null
  const word = match[2]!.toLowerCase()
  const unit = ['ms', 's', 'm', 'h', 'd'].includes(word)
    ? word
    : Object.entries(units).find(([start]) => word.startsWith(start))?.[1]
  return `did you mean "${match[1]}${unit ?? 's'}"?`
}

const typeNames = ['string', 'boolean', 'int', 'bigint', 'double', 'decimal(10,2)', 'timestamp']
const synonyms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    integer: 'int',
    long: 'bigint',
    int64: 'bigint',
    int32: 'int',
    float: 'double',
    real: 'double',
    number: 'double',
    text: 'string',
    varchar: 'string',
    bool: 'boolean',
    datetime: 'timestamp',
    date: 'timestamp',
    numeric: 'decimal(10,2)',
    decimal: 'decimal(10,2)',
    str: 'string',
  }),
)

function wrongAlternative(error: ErrorObject, here: Located, key: string): Diagnostic {
  if (error.parentSchema?.['x-diagnostic'] !== 'bad-type') {
    return diagnostic('wrong-type', containerSpan(here), {
      key,
      expected:
        key === 'faker'
          ? 'a method or a list of a method and its arguments'
          : 'true, or a mapping with start and step',
      found: here.children.size > 0 ? `${kindOf(here.value)} of something else` : kindOf(here.value),
    })
  }
  const text = shown(here.value)
  const word = nearest(text, [...typeNames, ...synonyms.keys()])
  const hint = word === null ? null : `did you mean "${synonyms.get(word) ?? word}"?`
  return diagnostic('bad-type', here.at, { type: text }, hint)
}

function wrongWord(error: ErrorObject, here: Located, key: string): Diagnostic {
  const allowed: unknown[] = error.params.allowedValues ?? [error.params.allowedValue]
  const words = allowed.map(String)
  const list = words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return diagnostic(
    'unknown-word',
    here.at,
    { key, word: shown(here.value), allowed: list },
    didYouMean(shown(here.value), words),
  )
}

function wrongSize(error: ErrorObject, here: Located, key: string): Diagnostic {
  const limit: number = error.params.limit
  switch (error.keyword) {
    case 'minimum':
      return diagnostic('out-of-range', here.at, { key, limit: `${limit} or more` })
    case 'maximum':
      return diagnostic('out-of-range', here.at, { key, limit: `${limit} or less` })
    case 'minProperties':
    case 'minItems':
      return diagnostic('too-few', containerSpan(here), { key, what: 'entry' })
    case 'minLength':
      return diagnostic('too-few', here.at, { key, what: 'character' })
    case 'uniqueItems':
      return diagnostic('repeated-value', here.children.get(error.params.i)?.at ?? here.at, {
        key,
        value: shown((here.value as Json[])[error.params.i]!),
      })
    case 'maxLength':
      return diagnostic('too-many', here.at, { key, limit, what: 'characters' })
    default:
      return diagnostic('too-many', containerSpan(here), { key, limit, what: 'entries' })
  }
}
