import { createHash } from 'node:crypto'

/** `sha256:` and the first 16 hex digits of the SHA-256 of the text as UTF-8. */
export function hash(text: string): string {
  return 'sha256:' + createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16)
}
