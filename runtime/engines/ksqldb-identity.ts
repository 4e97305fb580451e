/** What bears a pipeline's name in ksqlDB, and the mark by which apply knows what it applied. */

/** Unquoted, as ksqlDB lists them. The compiler's ksqlDB target gives these names; a test holds that they agree. */
export interface Names {
  readonly source: string
  /** Only where the source's own time column cannot be the clock. Its topic has the same name. */
  readonly timed: string
  readonly table: string
}

export function namesOf(pipeline: string): Names {
  const prefix = `pipec_${pipeline}`
  return { source: prefix, timed: `pipec__${pipeline}_timed`, table: `${prefix}_aggregate` }
}

export function addressOf(pipeline: string): string {
  return `ksqldb.query.pipec_${pipeline}`
}

export interface Mark {
  readonly hash: string
  readonly stateHash: string
}

/** The one property that ksqlDB takes with any value and gives back, also after a restart. */
export const markProperty = 'ksql.streams.client.id'

/** `pipec-<hash>-<stateHash>`, their 16 hex digits without `sha256:`. */
export function clientId({ hash, stateHash }: Mark): string {
  return `pipec-${hash.replace('sha256:', '')}-${stateHash.replace('sha256:', '')}`
}

/** Null for a query that apply did not make. */
export function markOf(id: string | null): Mark | null {
  const [, hash, stateHash] = /^pipec-([0-9a-f]{16})-([0-9a-f]{16})$/.exec(id ?? '') ?? []
  if (hash === undefined || stateHash === undefined) return null
  return { hash: `sha256:${hash}`, stateHash: `sha256:${stateHash}` }
}
