/**
 * ksqlDB drops rows with a null group key: each field is grouped by a value that is never null and a mark that says
 * whether it was. The value of the output row is put together again from the two.
 */
import type { Field } from '../../ir.ts'
import { type Sql, sql } from '../../text.ts'
import type { Scope } from './expressions.ts'
import { identifier, unusedName } from './quoting.ts'
import { safe } from './term.ts'
import { anyValue, typedNull } from './types.ts'

export interface Group {
  /** What GROUP BY lists. */
  readonly keys: readonly Sql[]
  /** The same with the names that the record's key has. */
  readonly keyColumns: readonly Sql[]
  /** The field as the output row has it. */
  readonly column: Sql
}

export function group(field: Field, scope: Scope, taken: ReadonlySet<string>): Group {
  const value = safe(scope(field.name))
  const known = sql`COALESCE(${value}, ${anyValue(field.type)})`
  const missing = sql`CASE WHEN ${value} IS NULL THEN 1 ELSE 0 END`
  const name = (suffix: string): Sql => identifier(unusedName(`${field.name}_${suffix}`, taken))
  return {
    keys: [known, missing],
    keyColumns: [sql`${known} AS ${name('key')}`, sql`${missing} AS ${name('is_null')}`],
    column: sql`CASE WHEN (${missing}) = 1 THEN ${typedNull(field.type)} ELSE ${known} END AS ${identifier(field.name)}`,
  }
}
